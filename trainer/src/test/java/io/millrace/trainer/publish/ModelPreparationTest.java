package io.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.service.registry.ManifestRules;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelPreparationTest {
    private static final Path MODEL = Path.of("../models/splade-tiny");

    @TempDir
    private Path folder;

    private Path copy() throws IOException {
        Path copy = folder.resolve("model");
        try (Stream<Path> files = Files.walk(MODEL)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(MODEL.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.write(target, Files.readAllBytes(file));
            }
        }
        return copy;
    }

    private static List<String> paths(PreparedModel model) {
        return model.manifest().getFilesList().stream().map(ModelFile::getPath).toList();
    }

    @Test
    void whatBelongsToAModelGoesAlongAndTheRestStays() throws Exception {
        Path model = copy();
        Files.createDirectories(model.resolve("checkpoint-100"));
        Files.createDirectories(model.resolve(".git"));
        for (String other : List.of("optimizer.pt", "pytorch_model.bin", "checkpoint-100/config.json", ".git/config")) {
            Files.writeString(model.resolve(other), "x");
        }
        Publication.Story story = new Publication.Story("{\"seed\": 7}", "", Optional.of(ModelName.parse("base@3")));
        EvaluationFigure figure = EvaluationFigure.newBuilder()
                .setCollection("scifact")
                .setMetric("nDCG@10")
                .setValue(0.64)
                .build();
        PreparedModel prepared =
                ModelPreparation.usual().prepare(new Publication(model, "tiny", List.of(figure), story));
        assertThat(paths(prepared))
                .contains("config.json", "model.safetensors", "tokenizer.json", "millrace.json", "README.md")
                .contains("1_SpladePooling/config.json", "NOTICE")
                .doesNotContain("optimizer.pt", "pytorch_model.bin", ".git/config");
        assertThat(prepared.left())
                .containsExactly(".git/config", "checkpoint-100/config.json", "optimizer.pt", "pytorch_model.bin");
        ModelManifest manifest = prepared.manifest();
        assertThat(ManifestRules.violation(manifest)).isEmpty();
        assertThat(manifest.getSpaceId()).isEqualTo(Checkpoint.open(MODEL).spaceId());
        assertThat(manifest.getVersion()).isZero();
        assertThat(manifest.getTrainingJson()).isEqualTo("{\"seed\": 7}");
        assertThat(manifest.getParent().getVersion()).isEqualTo(3);
        assertThat(manifest.getEvaluationList()).containsExactly(figure);
        assertThat(manifest.getLicense()).isEqualTo(Files.readString(MODEL.resolve("NOTICE")));
        assertThat(manifest.getGolden().getQueriesCount()).isEqualTo(16);
        assertThat(manifest.getGolden().getDocumentVectors().getCount()).isEqualTo(16);
        assertThat(prepared.sizeBytes()).isEqualTo(ManifestRules.sizeBytes(manifest));
        // Twice the same, to the byte: that is what makes a push idempotent.
        assertThat(
                        ModelPreparation.usual()
                                .prepare(new Publication(model, "tiny", List.of(figure), story))
                                .manifest()
                                .toBuilder()
                                .setCreatedAtMillis(manifest.getCreatedAtMillis())
                                .build())
                .isEqualTo(manifest);
    }

    @Test
    void aContractThatWasDerivedIsPublishedWithTheModel() throws Exception {
        Path model = copy();
        Files.delete(model.resolve("millrace.json"));
        PreparedModel prepared = ModelPreparation.usual().prepare(Publication.of(model, "tiny"));
        assertThat(model.resolve("millrace.json")).doesNotExist();
        LocalFile contract = prepared.files().stream()
                .filter(file -> file.entry().getPath().equals("millrace.json"))
                .findFirst()
                .orElseThrow();
        Files.write(model.resolve("millrace.json"), contract.content().open().readAllBytes());
        assertThat(Checkpoint.open(model).spaceId())
                .isEqualTo(prepared.manifest().getSpaceId());
    }

    @Test
    void aCheckMayRefuseAModelSeeingItsVectors() {
        ModelPreparation gated = ModelPreparation.usual().with(candidate -> {
            assertThat(candidate.encoder().name()).isEqualTo("splade-tiny");
            long weights = candidate.documents().vectors().stream()
                    .mapToLong(vector -> vector.size())
                    .sum();
            throw new InvalidModelException("collapsed: " + weights + " weights");
        });
        assertThatThrownBy(() -> gated.prepare(Publication.of(MODEL, "tiny")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageMatching("collapsed: \\d{3,} weights");
    }

    @Test
    void aModelThatGivesMostTextsNoTermIsRefused() throws Exception {
        Files.copy(MODEL.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("idf.json"), "{\"mill\": 5.5}");
        Files.writeString(folder.resolve("millrace.json"), """
                {"format": 2, "name": "tables", "query": %1$s, "document": %1$s, "digests": {}}
                """.formatted("""
                {"checkpoint": "",
                 "text": {"prefix": "", "suffix": "", "template": true, "max_tokens": 64, "max_chunks": 1, "overlap_tokens": 0},
                 "reading": {"mode": "encoder", "alignment": "invariant", "positions": "all", "special_tokens": "mask"},
                 "head": {"kind": "table", "file": "idf.json", "outputs": 30522},
                 "pruning": {"input_terms_only": false, "min_weight": 0, "min_share_of_max": 0, "mass": 1, "top_terms": 0}}
                """));
        assertThatThrownBy(() -> ModelPreparation.usual().prepare(Publication.of(folder, "mill")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("of 32 golden texts");
    }

    @Test
    void damagedModelsAndWrongNamesAreRefusedBeforeAnythingIsSent() throws Exception {
        Path model = copy();
        byte[] weights = Files.readAllBytes(model.resolve("model.safetensors"));
        weights[weights.length - 1] ^= 1;
        Files.write(model.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> ModelPreparation.usual().prepare(Publication.of(model, "tiny")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("SHA-256");
        assertThatThrownBy(() -> Publication.of(model, "../tiny")).isInstanceOf(IllegalArgumentException.class);
    }
}
