package io.millrace.model.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories that only the published code of their family says how to read. */
class ContractDerivationTest {
    @TempDir
    private Path folder;

    private DerivedContract derive(String fixture, List<String> controls, String opening, String closing)
            throws IOException {
        Path directory = TinyCheckpoints.weights(fixture, folder.resolve("model"));
        TinyCheckpoints.tokenizer(directory, controls, opening, closing, List.of("query", "passage", ":", "mill"), 90);
        return ContractDerivation.of(directory);
    }

    @Test
    void bertIsReadAsSpladeIs() throws IOException {
        DerivedContract derived = derive("golden/bert", List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]"), "[CLS]", "[SEP]");
        RoleContract role = derived.contract().query();
        assertThat(role.text()).isEqualTo(TextContract.cutAt(64));
        assertThat(role.reading()).isEqualTo(ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP));
        assertThat(derived.contract().document()).isEqualTo(role);
        assertThat(derived.reasons())
                .anyMatch(reason -> reason.contains("A bert is read as naver's SPLADE"))
                .anyMatch(reason -> reason.contains("outputs leaves out the 7 rows beyond the tokenizer's ids"));
    }

    @Test
    void t5IsReadAsDecoder4LsrReadsIt() throws IOException {
        DerivedContract derived = derive("golden/flan", List.of("<pad>", "</s>", "<unk>"), "", "</s>");
        RoleContract document = derived.contract().document();
        assertThat(document.text()).isEqualTo(new TextContract("Passage ", "", true, 250, 1, 0));
        assertThat(document.reading())
                .isEqualTo(ReadingContract.of(ReadingMode.ENCODER_DECODER_MULTI, SpecialTokenPolicy.KEEP));
        assertThat(derived.contract().query().text().prefix()).isEqualTo("Query ");
        assertThat(derived.reasons()).anyMatch(reason -> reason.startsWith("T5 is read as Decoder4LSR"));
        try (SparseEncoder encoder = SparseEncoders.open(folder.resolve("model"), EncoderOptions.defaults())) {
            TokenizedText text =
                    encoder.tokenize(List.of("mill"), TextRole.DOCUMENT).getFirst();
            assertThat(text.pieces().getFirst()).containsExactly(4, 6, 1);
            assertThat(encoder.encode(List.of(text), TextRole.DOCUMENT)
                            .getFirst()
                            .size())
                    .isPositive();
        }
    }

    @Test
    void optIsReadWithoutItsOpeningToken() throws IOException {
        DerivedContract derived = derive("golden/opt125", List.of("<s>", "<pad>", "</s>", "<unk>"), "</s>", "");
        RoleContract query = derived.contract().query();
        assertThat(query.text()).isEqualTo(new TextContract("Query ", "", true, 64, 1, 0));
        assertThat(query.reading()).isEqualTo(ReadingContract.of(ReadingMode.CAUSAL, SpecialTokenPolicy.MASK));
        assertThat(query.head().outputs()).isEqualTo(90);
    }

    @Test
    void llamaIsReadAsLaconicReadsItUnlessItSaysOtherwise() throws IOException {
        DerivedContract derived = derive("golden/llama", List.of("<s>", "</s>", "<unk>"), "<s>", "");
        RoleContract query = derived.contract().query();
        assertThat(query.text()).isEqualTo(new TextContract("query: ", "", false, 128, 1, 0));
        assertThat(query.reading()).isEqualTo(ReadingContract.of(ReadingMode.BIDIRECTIONAL, SpecialTokenPolicy.KEEP));
        assertThat(query.pruning()).isEqualTo(PruningContract.top(512));
        assertThat(derived.contract().document().text().prefix()).isEqualTo("passage: ");
        assertThat(derived.reasons()).anyMatch(reason -> reason.contains("Nothing says how far attention reaches"));

        TinyCheckpoints.replace(
                folder.resolve("model/config.json"), "\"hidden_act\"", "\"is_causal\": true, \"hidden_act\"");
        DerivedContract causal = ContractDerivation.of(folder.resolve("model"));
        assertThat(causal.contract().query().reading().mode()).isEqualTo(ReadingMode.CAUSAL);
        assertThat(causal.reasons()).contains("config.json says is_causal true.");
        try (SparseEncoder encoder = SparseEncoders.open(folder.resolve("model"), EncoderOptions.defaults())) {
            assertThat(encoder.tokenize(List.of("mill"), TextRole.QUERY)
                            .getFirst()
                            .pieces()
                            .getFirst())
                    .as("query : mill, without <s>")
                    .containsExactly(3, 5, 6);
        }
    }

    @Test
    void aPrefixOfTheFamilyThatTheTokenizerLacksIsRefused() throws IOException {
        Path directory = TinyCheckpoints.weights("golden/llama", folder.resolve("model"));
        TinyCheckpoints.tokenizer(directory, List.of("<s>", "</s>", "<unk>"), "<s>", "", List.of("mill"), 90);
        assertThatThrownBy(() -> SparseEncoders.open(directory, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(
                        "query.text.prefix is 'query: '", "tokenizer.json has no tokens for it", "'<unk> <unk>'");
    }

    @Test
    void idfJsonMakesQueriesInferenceFreeWithoutControlTokens() throws IOException {
        Path model = TinyCheckpoints.copy("sentence-transformers/splade", folder.resolve("model"));
        for (String file : List.of("modules.json", "config_sentence_transformers.json")) {
            Files.delete(model.resolve(file));
        }
        Files.writeString(
                model.resolve("idf.json"),
                "{\"mill\": 5.5, \"the\": 0.25, \"[CLS]\": 1.0, \"[SEP]\": 1.0, \"water\": -2, \"bread\": 3}");
        DerivedContract derived = ContractDerivation.of(model);
        RoleContract query = derived.contract().query();
        assertThat(query.head()).isEqualTo(new HeadContract.Table("idf.json", 78));
        assertThat(query.reading().specialTokens()).isEqualTo(SpecialTokenPolicy.MASK);
        assertThat(query.text()).isEqualTo(TextContract.cutAt(40));
        assertThat(derived.contract().document().head()).isInstanceOf(HeadContract.Mlm.class);
        assertThat(derived.reasons()).anyMatch(reason -> reason.contains("OpenSearch's table of query weights"));
        try (SparseEncoder encoder = SparseEncoders.open(model, EncoderOptions.defaults())) {
            assertThat(encoder.needsInference(TextRole.QUERY)).isFalse();
            assertThat(encoder.needsInference(TextRole.DOCUMENT)).isTrue();
            var tokens = encoder.tokenize(List.of("the mill, the water: the MILL"), TextRole.QUERY);
            var vector = encoder.encode(tokens, TextRole.QUERY).getFirst();
            assertThat(vector.size()).isEqualTo(2);
            assertThat(encoder.term(vector.ids()[0])).isEqualTo("the");
            assertThat(vector.weights()).containsExactly(0.25f, 5.5f);
        }
        String space = io.millrace.model.checkpoint.Checkpoint.open(model).spaceId();
        TinyCheckpoints.replace(model.resolve("idf.json"), "5.5", "5.6");
        assertThat(io.millrace.model.checkpoint.Checkpoint.open(model).spaceId())
                .isNotEqualTo(space);
        Files.writeString(model.resolve("idf.json"), "{\"mil\": 1}");
        assertThatThrownBy(() -> SparseEncoders.open(model, EncoderOptions.defaults()))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("idf.json: 'mil' has weight 1", "no such term");
    }
}
