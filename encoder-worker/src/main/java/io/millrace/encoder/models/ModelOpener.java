package io.millrace.encoder.models;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.lexical.LexicalFolder;
import io.millrace.model.memory.AvailableMemory;
import io.millrace.model.memory.HostMemory;
import io.millrace.model.parity.GoldenVectors;
import io.millrace.model.parity.Parity;
import io.millrace.model.parity.ParityTolerance;
import io.millrace.v1.GoldenParity;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.VectorBlock;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * Opens the folder of a published model, and holds it against its manifest: the space of its files, and the vectors of its
 * golden texts.
 *
 * @param options how models are opened here
 */
public record ModelOpener(EncoderOptions options) {
    /** A model that is what it says. */
    public record Opened(SparseEncoder encoder, GoldenParity parity) {}

    /** A model that there is no memory for now; another time there may be. */
    public static final class NoMemoryException extends Exception {
        private static final long serialVersionUID = 1L;

        NoMemoryException(InvalidModelException cause) {
            super(String.valueOf(cause.getMessage()), cause);
        }
    }

    /**
     * Opens a model.
     *
     * @throws InvalidModelException if it is not what its manifest says
     * @throws NoMemoryException if its weights do not fit beside what is in memory
     * @throws IOException if a file cannot be read
     */
    public Opened open(Path folder, ModelManifest manifest) throws IOException, NoMemoryException {
        // Read before the weights are: they may be large, and these cost nothing.
        GoldenTexts golden = manifest.getGolden();
        GoldenVectors queries = golden(TextRole.QUERY, golden.getQueriesList(), golden.getQueryVectors());
        GoldenVectors documents = golden(TextRole.DOCUMENT, golden.getDocumentsList(), golden.getDocumentVectors());
        SparseEncoder encoder = encoder(folder, manifest);
        try {
            requireSpace(encoder.spaceId(), manifest.getSpaceId());
            ParityTolerance tolerance = ParityTolerance.of(options.precision());
            Parity ofQueries = queries.check(encoder, tolerance);
            Parity ofDocuments = documents.check(encoder, tolerance);
            return new Opened(
                    encoder,
                    GoldenParity.newBuilder()
                            .setTexts(ofQueries.texts() + ofDocuments.texts())
                            .setLargestDifference(
                                    Math.max(ofQueries.largestDifference(), ofDocuments.largestDifference()))
                            .setTolerance(tolerance.difference())
                            .build());
        } catch (RuntimeException e) {
            encoder.close();
            throw e;
        }
    }

    private SparseEncoder encoder(Path folder, ModelManifest manifest) throws IOException, NoMemoryException {
        if (LexicalFolder.is(folder)) {
            return SparseEncoders.open(folder, options);
        }
        Checkpoint checkpoint = Checkpoint.open(folder);
        requireSpace(checkpoint.spaceId(), manifest.getSpaceId());
        EncodingContract said = EncodingContract.parse("contract_json of its manifest", manifest.getContractJson());
        if (!checkpoint.withContract(said).spaceId().equals(manifest.getSpaceId())) {
            throw new InvalidModelException(
                    "the contract in its manifest is not that of its files; the manifest is wrong:"
                            + " publish the model anew");
        }
        try {
            HostMemory.requireFits(checkpoint, options, AvailableMemory.now());
        } catch (InvalidModelException e) {
            throw new NoMemoryException(e);
        }
        return SparseEncoders.open(checkpoint, options);
    }

    private static void requireSpace(String found, String promised) {
        if (!found.equals(promised)) {
            throw new InvalidModelException("its files are of space " + found + ", but its manifest says " + promised
                    + "; the manifest is wrong: publish the model anew");
        }
    }

    private static GoldenVectors golden(TextRole role, List<String> texts, VectorBlock block) {
        try {
            List<SparseVector> vectors =
                    VectorBlockCodec.decode(block.getPayload().toByteArray(), block.getCount(), block.getCrc32C());
            return new GoldenVectors(role, texts, vectors);
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException("the golden vectors of its manifest cannot be read: " + e.getMessage(), e);
        }
    }
}
