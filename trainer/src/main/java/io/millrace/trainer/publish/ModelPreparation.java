package io.millrace.trainer.publish;

import com.google.protobuf.UnsafeByteOperations;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.parity.GoldenVectors;
import io.millrace.service.registry.ManifestRules;
import io.millrace.service.registry.ModelName;
import io.millrace.trainer.inspection.Findings;
import io.millrace.trainer.inspection.Inspection;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes a manifest: opens the model in fp32, computes its golden vectors, has it checked and inspected, and hashes its files.
 * Nothing is sent.
 *
 * @param texts golden texts
 * @param checks what the model must pass, in order
 * @param inspection what is looked at, and what is refused, over many more texts
 */
public record ModelPreparation(GoldenTextList texts, List<PublishCheck> checks, Inspection inspection) {
    /** Copies the checks. */
    public ModelPreparation {
        checks = List.copyOf(checks);
    }

    /** The usual texts, checks and limits. */
    public static ModelPreparation usual() {
        return new ModelPreparation(GoldenTextList.usual(), PublishCheck.ALWAYS, Inspection.USUAL);
    }

    /** The same with another inspection. */
    public ModelPreparation with(Inspection other) {
        return new ModelPreparation(texts, checks, other);
    }

    /** The same with a further check. */
    public ModelPreparation with(PublishCheck check) {
        List<PublishCheck> all = new ArrayList<>(checks);
        all.add(check);
        return new ModelPreparation(texts, all, inspection);
    }

    /**
     * Prepares a model.
     *
     * @throws InvalidModelException if it is damaged, does not pass a check, or has parts that cannot be published
     * @throws IOException if a file cannot be read
     */
    public PreparedModel prepare(Publication publication) throws IOException {
        ModelFolder folder = ModelFolder.read(publication.folder());
        ModelManifest.Builder manifest = ModelManifest.newBuilder()
                .setName(publication.name())
                .setContractJson(folder.contractJson())
                .addAllEvaluation(publication.evaluation())
                .setTrainingJson(publication.story().trainingJson())
                .setLicense(
                        publication.story().license().isEmpty()
                                ? ModelFolder.license(publication.folder())
                                : publication.story().license())
                .setCreatedAtMillis(System.currentTimeMillis());
        publication.story().parent().map(ModelName::reference).ifPresent(manifest::setParent);
        folder.files().forEach(file -> manifest.addFiles(file.entry()));
        try (SparseEncoder encoder = SparseEncoders.open(publication.folder(), EncoderOptions.defaults())) {
            Candidate candidate = new Candidate(
                    publication.folder(),
                    encoder,
                    GoldenVectors.of(encoder, TextRole.QUERY, texts.queries()),
                    GoldenVectors.of(encoder, TextRole.DOCUMENT, texts.documents()));
            checks.forEach(check -> check.check(candidate));
            Findings found = inspection.inspect(encoder, String.valueOf(publication.folder()));
            manifest.addAllEvaluation(found.figures()).setSparsity(found.sparsity());
            manifest.setSpaceId(encoder.spaceId());
            manifest.setGolden(golden(candidate));
        }
        ManifestRules.violation(manifest.build()).ifPresent(violation -> {
            throw new InvalidModelException(
                    publication.folder() + " cannot be published as it is: " + violation.toString());
        });
        return new PreparedModel(manifest.build(), folder.files(), folder.left());
    }

    private static GoldenTexts golden(Candidate candidate) {
        return GoldenTexts.newBuilder()
                .addAllQueries(candidate.queries().texts())
                .setQueryVectors(block(candidate.queries().vectors()))
                .addAllDocuments(candidate.documents().texts())
                .setDocumentVectors(block(candidate.documents().vectors()))
                .build();
    }

    private static VectorBlock block(List<SparseVector> vectors) {
        byte[] payload = VectorBlockCodec.encode(vectors);
        return VectorBlock.newBuilder()
                .setCount(vectors.size())
                .setPayload(UnsafeByteOperations.unsafeWrap(payload)) // nobody else holds the array
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
    }
}
