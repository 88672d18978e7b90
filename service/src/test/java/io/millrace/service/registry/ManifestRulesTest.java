package io.millrace.service.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.BlobId;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelReference;
import io.millrace.v1.VectorBlock;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ManifestRulesTest {
    private static ModelFile file(String path, String hash, long size) {
        return ModelFile.newBuilder()
                .setPath(path)
                .setBlob(BlobId.newBuilder().setSha256(hash.repeat(32)).setSizeBytes(size))
                .build();
    }

    private static ModelManifest.Builder manifest() {
        return ModelManifest.newBuilder()
                .setName("tiny")
                .setSpaceId("ab".repeat(32))
                .setContractJson("{}")
                .addFiles(file("config.json", "01", 10))
                .addFiles(file("sub/model.safetensors", "02", 20))
                .setGolden(GoldenTexts.newBuilder()
                        .addAllQueries(Collections.nCopies(8, "q"))
                        .addAllDocuments(Collections.nCopies(8, "d"))
                        .setQueryVectors(VectorBlock.newBuilder().setCount(8))
                        .setDocumentVectors(VectorBlock.newBuilder().setCount(8)))
                .addEvaluation(EvaluationFigure.newBuilder()
                        .setCollection("scifact")
                        .setMetric("nDCG@10")
                        .setValue(0.5));
    }

    private static void assertBroken(String field, Consumer<ModelManifest.Builder> change) {
        ModelManifest.Builder manifest = manifest();
        change.accept(manifest);
        assertThat(ManifestRules.violation(manifest.build()))
                .hasValueSatisfying(violation -> assertThat(violation.field()).isEqualTo(field));
    }

    @Test
    void aManifestThatKeepsTheRulesPasses() {
        assertThat(ManifestRules.violation(manifest().build())).isEmpty();
        assertThat(ManifestRules.sizeBytes(manifest().build())).isEqualTo(30);
    }

    @Test
    void pathsNeverLeadOutOfTheFolder() {
        for (String path : List.of(
                "",
                ".",
                "..",
                "../x",
                "a/../../x",
                "/etc/passwd",
                "a//b",
                "a/",
                "/",
                ".hidden",
                "a/.hidden",
                "C:\\x",
                "a\\..\\b",
                "a:b",
                "a\u0000b",
                "a\nb",
                "~/x",
                "ä",
                "-rf",
                "name ",
                "a/b/c/d/e/f/g/h/i",
                "x".repeat(201))) {
            assertThat(ManifestRules.pathProblem(path)).as(path).isPresent();
            assertBroken("files[2].path", manifest -> manifest.addFiles(file(path, "03", 1)));
        }
        for (String path : List.of("a", "1_SpladePooling/config.json", "model-00001-of-00002.safetensors", "a b/c+d")) {
            assertThat(ManifestRules.pathProblem(path)).as(path).isEmpty();
        }
    }

    @Test
    void twoFilesNeverShareAPlace() {
        assertBroken("files[2].path", manifest -> manifest.addFiles(file("config.json", "03", 1)));
        assertBroken("files[2].path", manifest -> manifest.addFiles(file("CONFIG.json", "03", 1)));
        assertBroken("files", manifest -> manifest.addFiles(file("config.json/x", "03", 1)));
        assertBroken("files", manifest -> manifest.addFiles(file("sub", "03", 1)));
    }

    @Test
    void sizesAndHashesAreThoseOfFiles() {
        assertBroken("files[2].blob.size_bytes", manifest -> manifest.addFiles(file("x", "03", -1)));
        assertBroken("files[2].blob.size_bytes", manifest -> manifest.addFiles(file("x", "01", 11)));
        assertBroken("files", manifest -> manifest.addFiles(file("x", "03", Long.MAX_VALUE)));
        assertBroken("files[2].blob.sha256", manifest -> manifest.addFiles(file("x", "0G", 1)));
        assertBroken("files[2].blob.sha256", manifest -> manifest.addFiles(file("x", "", 1)));
        assertBroken("space_id", manifest -> manifest.setSpaceId("../" + "ab".repeat(30)));
    }

    @Test
    void namesAndVersionsKeepToTheirForm() {
        for (String name : List.of("", "-x", ".x", "A", "a b", "a/b", "ä", "x".repeat(129), "a@1")) {
            assertBroken("name", manifest -> manifest.setName(name));
            assertThatThrownBy(() -> new ModelName(name, 0)).isInstanceOf(IllegalArgumentException.class);
        }
        assertBroken("version", manifest -> manifest.setVersion(-1));
        assertBroken(
                "parent",
                manifest -> manifest.setParent(ModelReference.newBuilder().setName("tiny")));
        assertBroken(
                "parent",
                manifest -> manifest.setParent(
                        ModelReference.newBuilder().setName("T").setVersion(1)));
    }

    @Test
    void bombsAreRefused() {
        assertBroken("files", ModelManifest.Builder::clearFiles);
        assertBroken("files", manifest -> {
            for (int i = 0; i < ManifestRules.MAX_FILES; i++) {
                manifest.addFiles(file("f" + i, "03", 1));
            }
        });
        assertBroken(
                "evaluation",
                manifest -> manifest.addAllEvaluation(Collections.nCopies(4096, manifest.getEvaluation(0))));
        assertBroken("manifest", manifest -> manifest.setLicense("x".repeat(9 << 20)));
        assertBroken("training_json", manifest -> manifest.setTrainingJson("x".repeat((1 << 20) + 1)));
        assertBroken("golden", manifest -> manifest.getGoldenBuilder().addQueries("x".repeat(70_000)));
        assertBroken(
                "golden",
                manifest -> manifest.getGoldenBuilder()
                        .addAllQueries(Collections.nCopies(1024, "q"))
                        .setQueryVectors(VectorBlock.newBuilder().setCount(1032)));
    }

    @Test
    void goldenTextsAreEnoughAndHaveAVectorEach() {
        assertBroken("golden", ModelManifest.Builder::clearGolden);
        assertBroken("golden", manifest -> manifest.getGoldenBuilder().clearQueries());
        assertBroken("golden", manifest -> manifest.getGoldenBuilder().addQueries("one more"));
        assertBroken("golden", manifest -> manifest.getGoldenBuilder().setDocuments(0, ""));
        assertBroken("contract_json", ModelManifest.Builder::clearContractJson);
    }

    @Test
    void figuresAreNumbers() {
        assertBroken(
                "evaluation[1].value",
                manifest -> manifest.addEvaluation(
                        manifest.getEvaluation(0).toBuilder().setValue(Double.NaN)));
        assertBroken(
                "evaluation[1]",
                manifest -> manifest.addEvaluation(
                        manifest.getEvaluation(0).toBuilder().clearMetric()));
    }

    @Test
    void referencesAreReadAsPeopleWriteThem() {
        assertThat(ModelName.parse("tiny")).isEqualTo(new ModelName("tiny", 0)).hasToString("tiny@latest");
        assertThat(ModelName.parse("tiny@latest")).isEqualTo(new ModelName("tiny", 0));
        assertThat(ModelName.parse("tiny@12"))
                .isEqualTo(new ModelName("tiny", 12))
                .hasToString("tiny@12");
        for (String wrong :
                List.of("@1", "tiny@", "tiny@0", "tiny@-1", "tiny@1x", "tiny@@1", "Tiny", "tiny@9".repeat(40))) {
            assertThatThrownBy(() -> ModelName.parse(wrong)).as(wrong).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
