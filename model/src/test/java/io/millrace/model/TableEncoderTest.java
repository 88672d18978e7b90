package io.millrace.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles whose vectors come from tokens alone. */
class TableEncoderTest {
    private static final String TABLE = "{\"mill\": 5.5, \"the\": 0.25, \"stone\": 3, \"[CLS]\": 1.5, \"[SEP]\": 2,"
            + " \"[UNK]\": 7, \"water\": -1}";

    @TempDir
    private Path folder;

    /** A directory with a tokenizer and a table, and neither configuration nor weights. */
    private SparseEncoder open(
            TextContract text, SpecialTokenPolicy special, HeadContract head, PruningContract pruning)
            throws IOException {
        TinyCheckpoints.tokenizer(
                folder,
                List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]"),
                "[CLS]",
                "[SEP]",
                List.of("mill", "the", "stone", "water", "wheel"),
                20);
        Files.writeString(folder.resolve("idf.json"), TABLE);
        RoleContract role = new RoleContract(text, ReadingContract.of(ReadingMode.ENCODER, special), head, pruning);
        EncodingContract contract = new EncodingContract("tables", role, role, new TreeMap<>());
        Files.writeString(folder.resolve(Checkpoint.CONTRACT), contract.toString());
        return SparseEncoders.open(folder, EncoderOptions.defaults());
    }

    private SparseEncoder open(SpecialTokenPolicy special) throws IOException {
        return open(TextContract.cutAt(16), special, new HeadContract.Table("idf.json", 20), PruningContract.NONE);
    }

    private static Map<String, Float> encode(SparseEncoder encoder, String text) {
        SparseVector vector = encoder.encode(encoder.tokenize(List.of(text), TextRole.QUERY), TextRole.QUERY)
                .getFirst();
        Map<String, Float> weights = new LinkedHashMap<>();
        for (int i = 0; i < vector.size(); i++) {
            weights.put(encoder.term(vector.ids()[i]), vector.weights()[i]);
        }
        return weights;
    }

    @Test
    void aTokenHasItsWeightOnceHoweverOftenItOccurs() throws IOException {
        try (SparseEncoder encoder = open(SpecialTokenPolicy.MASK)) {
            assertThat(encode(encoder, "The mill, the MILL and the water"))
                    .containsExactly(Map.entry("mill", 5.5f), Map.entry("the", 0.25f));
            assertThat(encode(encoder, "the")).isEqualTo(Map.of("the", 0.25f));
            assertThat(encode(encoder, "wheel")).isEmpty();
            assertThat(encode(encoder, "")).isEmpty();
        }
    }

    @Test
    void controlTokensHaveTheTablesWeightOrNone() throws IOException {
        try (SparseEncoder encoder = open(SpecialTokenPolicy.KEEP)) {
            assertThat(encode(encoder, "stone zebra"))
                    .isEqualTo(Map.of("[CLS]", 1.5f, "[SEP]", 2f, "[UNK]", 7f, "stone", 3f));
        }
        try (SparseEncoder encoder = open(SpecialTokenPolicy.MASK)) {
            // Wherever they come from: the template, an unknown word, or spelled out.
            assertThat(encode(encoder, "stone zebra [SEP]")).isEqualTo(Map.of("stone", 3f));
        }
    }

    @Test
    void binaryWeightsCountWhereTheyAreSummed() throws IOException {
        HeadContract once = new HeadContract.Binary(0.5, Pooling.MAX, 20);
        try (SparseEncoder encoder =
                open(TextContract.cutAt(16), SpecialTokenPolicy.MASK, once, PruningContract.NONE)) {
            assertThat(encode(encoder, "mill stone mill wheel"))
                    .isEqualTo(Map.of("mill", 0.5f, "stone", 0.5f, "wheel", 0.5f));
        }
        HeadContract counted = new HeadContract.Binary(0.5, Pooling.SUM, 20);
        try (SparseEncoder encoder =
                open(TextContract.cutAt(16), SpecialTokenPolicy.MASK, counted, PruningContract.top(1))) {
            assertThat(encode(encoder, "mill stone mill wheel")).isEqualTo(Map.of("mill", 1f));
        }
    }

    @Test
    void longTextsPrefixesAndPruningWorkAsWithAModel() throws IOException {
        TextContract pieces = new TextContract("the ", "", true, 5, 2, 0);
        try (SparseEncoder encoder = open(
                pieces,
                SpecialTokenPolicy.MASK,
                new HeadContract.Table("idf.json", 20),
                new PruningContract(false, 1, 0, 1, 0))) {
            TokenizedText text = encoder.tokenize(List.of("mill wheel stone wheel w1 w2"), TextRole.QUERY)
                    .getFirst();
            assertThat(text.pieces()).hasSize(2);
            assertThat(text.truncatedTokens()).isEqualTo(2);
            assertThat(encode(encoder, "mill wheel stone wheel w1 w2")).isEqualTo(Map.of("mill", 5.5f, "stone", 3f));
        }
    }

    @Test
    void nothingIsLoadedThatTablesDoNotNeed() throws IOException {
        try (SparseEncoder encoder = open(SpecialTokenPolicy.MASK)) {
            assertThat(folder).isDirectoryNotContaining("glob:**{config.json,model.safetensors}");
            assertThat(encoder.needsInference(TextRole.QUERY)).isFalse();
            assertThat(encoder.needsInference(TextRole.DOCUMENT)).isFalse();
            assertThat(encoder.device()).isEqualTo("cpu (tables only)");
            assertThat(encoder.spaceId()).matches("[0-9a-f]{64}");
            assertThat(Thread.getAllStackTraces().keySet())
                    .extracting(Thread::getName)
                    .noneMatch(name -> name.startsWith("millrace-encode"));
        }
    }

    @Test
    void aTableThatDoesNotFitIsRefused() throws IOException {
        open(SpecialTokenPolicy.MASK).close();
        Path table = folder.resolve("idf.json");
        Files.writeString(table, "{\"mill\": \"heavy\"}");
        refused("idf.json: 'mill' has weight \"heavy\", which is not a finite number");
        Files.writeString(table, "{\"mill\": 1");
        refused("idf.json: not valid JSON");
        Files.delete(table);
        refused("idf.json is missing, but the contract needs it");
        Path contract = folder.resolve(Checkpoint.CONTRACT);
        TinyCheckpoints.replace(contract, "idf.json", "../idf.json");
        refused("file is '../idf.json', but must be the name of a file beside the tokenizer");
    }

    private void refused(String... parts) {
        assertThatThrownBy(() -> SparseEncoders.open(folder, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(parts);
    }
}
