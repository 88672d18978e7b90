package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.checkpoint.CheckpointWriter;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.TensorType;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What {@link CheckpointWriter} saves gives the same vectors in {@code transformers} and {@code sentence-transformers}. Runs
 * where {@code MILLRACE_PYTHON}, or the system property {@code millrace.python}, names an interpreter that has both.
 */
class SavedCheckpointsInPythonTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final double TOLERANCE = 1e-5;
    private static final Path SCRIPT = Path.of("src/test/python/load_saved.py");
    private static final List<String> WORDS =
            List.of("query", "passage", ":", "mill", "water", "wheel", "the", "stone");
    private static final List<String> TEXTS = List.of(
            "The water mill", "stone w9 w17 w30 the wheel w41", "", "xylophone mill", "the stone wheel w3 ".repeat(30));

    @TempDir
    private Path folder;

    private record Case(Path directory, String form) {}

    private static String python() {
        String named = Optional.ofNullable(System.getProperty("millrace.python"))
                .orElseGet(() ->
                        Optional.ofNullable(System.getenv("MILLRACE_PYTHON")).orElse(""));
        if (named.isBlank()) {
            String why =
                    "skipped: neither MILLRACE_PYTHON nor -Dmillrace.python names a Python with torch, transformers and "
                            + "sentence-transformers";
            System.out.println(SavedCheckpointsInPythonTest.class.getSimpleName() + " " + why);
            abort(why);
        }
        return named;
    }

    private Checkpoint saved(String fixture, List<String> controls, String opening, String closing) throws IOException {
        Path source = TinyCheckpoints.weights(fixture, folder.resolve("source-" + fixture.replace('/', '-')));
        TinyCheckpoints.tokenizer(source, controls, opening, closing, WORDS, 97);
        Checkpoint checkpoint = Checkpoint.open(source);
        return save(checkpoint.withContract(lengths(checkpoint.contract())), fixture.replace('/', '-'));
    }

    private Checkpoint save(Checkpoint checkpoint, String name) throws IOException {
        return CheckpointWriter.copy(checkpoint, folder.resolve(name), TensorType.F32, name);
    }

    /** Prefixes and different lengths for the roles, so that both matter. */
    private static EncodingContract lengths(EncodingContract contract) {
        return new EncodingContract(
                contract.name(),
                text(contract.query(), "query: ", 16),
                text(contract.document(), "passage: ", 24),
                contract.digests());
    }

    private static RoleContract text(RoleContract role, String prefix, int maxTokens) {
        TextContract text = new TextContract(prefix, "", role.text().template(), maxTokens, 1, 0);
        return new RoleContract(role.checkpoint(), text, role.reading(), role.head(), role.pruning());
    }

    @Test
    void giveTheSameVectorsThere() throws Exception {
        String python = python();
        List<String> bert = List.of("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]");
        List<String> roberta = List.of("<s>", "<pad>", "</s>", "<mask>", "<unk>");
        Checkpoint first = saved("golden/bert", bert, "[CLS]", "[SEP]");
        Checkpoint second = saved("golden-more/distilbert", bert, "[CLS]", "[SEP]");
        Checkpoint third = saved("golden-more/roberta", roberta, "<s>", "</s>");
        List<Case> cases = new ArrayList<>();
        for (Checkpoint checkpoint : List.of(first, second, third)) {
            cases.add(new Case(checkpoint.directory(), "sparse-encoder"));
            cases.add(new Case(checkpoint.directory(), "masked-lm"));
        }
        Checkpoint pair = CheckpointWriter.pair(first, second, folder.resolve("pair"), TensorType.F32, "pair");
        cases.add(new Case(pair.directory(), "sparse-encoder"));
        for (String model : List.of("inference-free", "sum-double-log", "splade")) {
            Checkpoint again = save(
                    Checkpoint.open(Path.of("src/test/resources/sentence-transformers/" + model)), "again-" + model);
            cases.add(new Case(again.directory(), "sparse-encoder"));
        }
        cases.add(new Case(openSearch().directory(), "sparse-encoder"));
        cases.add(new Case(
                save(Checkpoint.open(Path.of("../models/splade-tiny")), "splade-tiny")
                        .directory(),
                "sparse-encoder"));
        cases.add(new Case(saved("golden/opt125", roberta, "</s>", "").directory(), "causal-lm"));
        cases.add(new Case(
                saved("golden/llama", List.of("<s>", "</s>", "<unk>"), "<s>", "")
                        .directory(),
                "causal-lm"));
        cases.add(new Case(
                saved("golden/flan", List.of("<pad>", "</s>", "<unk>"), "", "</s>")
                        .directory(),
                "seq2seq"));

        JsonNode vectors = run(python, cases);
        assertThat(vectors).hasSameSizeAs(cases);
        double largest = 0;
        for (int i = 0; i < cases.size(); i++) {
            largest = Math.max(largest, compared(cases.get(i), vectors.path(i)));
        }
        System.out.printf("largest difference over %d saved checkpoints: %.2e%n", cases.size(), largest);
    }

    /** OpenSearch's table beside the model, which sentence-transformers wants in a directory of its own. */
    private Checkpoint openSearch() throws IOException {
        Path source = TinyCheckpoints.weights("golden/bert", folder.resolve("source-opensearch"));
        TinyCheckpoints.tokenizer(
                source, List.of("[PAD]", "[CLS]", "[SEP]", "[MASK]", "[UNK]"), "[CLS]", "[SEP]", WORDS, 97);
        Files.writeString(
                source.resolve("idf.json"), "{\"mill\": 5.5, \"the\": 0.25, \"[CLS]\": 1, \"w3\": 2, \"stone\": 3}");
        Checkpoint checkpoint = Checkpoint.open(source);
        EncodingContract shorter = checkpoint.contract().withMaxTokens(20);
        return save(checkpoint.withContract(shorter), "opensearch");
    }

    private JsonNode run(String python, List<Case> cases) throws Exception {
        ArrayNode list = JSON.createArrayNode();
        for (Case one : cases) {
            Checkpoint checkpoint = Checkpoint.open(one.directory());
            EncodingContract contract = checkpoint.contract();
            ObjectNode node = list.addObject()
                    .put("directory", one.directory().toString())
                    .put("form", one.form());
            describe(node.putObject("query"), contract.query());
            describe(node.putObject("document"), contract.document());
        }
        Path input = folder.resolve("cases.json");
        Path output = folder.resolve("vectors.json");
        Path messages = folder.resolve("python.log");
        JSON.writeValue(input.toFile(), list);
        Process process = new ProcessBuilder(python, SCRIPT.toString(), input.toString(), output.toString())
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        try {
            assertThat(process.waitFor(10, TimeUnit.MINUTES))
                    .as("Python ended in time")
                    .isTrue();
            assertThat(process.exitValue()).as(Files.readString(messages)).isZero();
        } finally {
            process.destroyForcibly();
        }
        return JSON.readTree(output.toFile());
    }

    private static void describe(ObjectNode node, RoleContract role) {
        node.put("prefix", role.text().prefix())
                .put("max_tokens", role.maxTokens())
                .put("template", role.text().template())
                .put("mask_special", role.reading().specialTokens() == SpecialTokenPolicy.MASK)
                .put("outputs", role.head().outputs())
                .put("top_terms", role.pruning().topTerms());
        TEXTS.forEach(node.putArray("texts")::add);
    }

    private static double compared(Case one, JsonNode expected) throws IOException {
        double largest = 0;
        try (SparseEncoder encoder =
                SparseEncoders.open(one.directory(), EncoderOptions.defaults().withThreads(1))) {
            for (TextRole role : TextRole.values()) {
                List<SparseVector> ours = encoder.encode(encoder.tokenize(TEXTS, role), role);
                List<SparseVector> theirs = new ArrayList<>();
                for (JsonNode row : expected.path(role.name().toLowerCase(Locale.ROOT))) {
                    int size = row.path("ids").size();
                    int[] ids = new int[size];
                    float[] weights = new float[size];
                    for (int i = 0; i < size; i++) {
                        ids[i] = row.path("ids").path(i).asInt();
                        weights[i] = row.path("w").path(i).floatValue();
                    }
                    theirs.add(new SparseVector(ids, weights));
                }
                String what = one.form() + " of " + one.directory().getFileName() + " " + role;
                VectorDistance.assertClose(ours, theirs, TOLERANCE, what);
                double difference = IntStream.range(0, ours.size())
                        .mapToDouble(i -> VectorDistance.largest(ours.get(i), theirs.get(i)))
                        .max()
                        .orElse(0);
                System.out.printf(
                        "%s: %d terms, largest difference %.2e%n",
                        what, theirs.stream().mapToInt(SparseVector::size).sum(), difference);
                largest = Math.max(largest, difference);
            }
        }
        return largest;
    }
}
