package io.millrace.model.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TinyCheckpoints;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.TextContract;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Directories that sentence-transformers saved, without a contract of ours. */
class SentenceTransformersLayoutTest {
    private static final Path MODELS = Path.of("src/test/resources/sentence-transformers");

    @TempDir
    private Path folder;

    private Path copy(String model) throws IOException {
        return TinyCheckpoints.copy("sentence-transformers/" + model, folder.resolve(model));
    }

    private static void refused(Path directory, String... parts) {
        assertThatThrownBy(() -> ContractDerivation.of(directory))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll(parts);
    }

    @ParameterizedTest
    @ValueSource(strings = {"splade", "sum-double-log", "inference-free", "two-encoders"})
    void givesTheVectorsOfSentenceTransformers(String model) throws IOException {
        JsonNode expected = TinyCheckpoints.json(MODELS.resolve(model).resolve("expected.json"));
        List<String> texts = new ArrayList<>();
        expected.path("texts").forEach(text -> texts.add(text.asText()));
        EncoderOptions options = EncoderOptions.defaults().withThreads(1);
        try (SparseEncoder encoder = SparseEncoders.open(MODELS.resolve(model), options)) {
            for (TextRole role : TextRole.values()) {
                List<SparseVector> vectors = encoder.encode(encoder.tokenize(texts, role), role);
                JsonNode rows = expected.path(role.name().toLowerCase(Locale.ROOT));
                assertThat(rows).hasSameSizeAs(vectors);
                for (int i = 0; i < vectors.size(); i++) {
                    assertClose(vectors.get(i), rows.path(i), model + " " + role + " '" + texts.get(i) + "'");
                }
            }
        }
    }

    private static void assertClose(SparseVector vector, JsonNode expected, String what) {
        List<Integer> ids = new ArrayList<>();
        expected.path("ids").forEach(id -> ids.add(id.asInt()));
        assertThat(vector.ids())
                .as(what)
                .containsExactly(ids.stream().mapToInt(Integer::intValue).toArray());
        for (int i = 0; i < vector.size(); i++) {
            assertThat((double) vector.weights()[i])
                    .as(what)
                    .isCloseTo(expected.path("w").path(i).asDouble(), within(1e-5));
        }
    }

    @Test
    void derivesBothRolesAndSaysWhy() throws IOException {
        DerivedContract derived = ContractDerivation.of(MODELS.resolve("splade"));
        EncodingContract contract = derived.contract();
        assertThat(contract.name()).isEqualTo("splade");
        assertThat(contract.query().text()).isEqualTo(new TextContract("query: ", "", true, 24, 1, 0));
        // encode_document takes the prompt "document", which sentence-transformers always has, before "passage".
        assertThat(contract.document().text()).isEqualTo(new TextContract("", "", true, 24, 1, 0));
        assertThat(contract.document().pruning()).isEqualTo(PruningContract.top(20));
        assertThat(contract.document().head())
                .isEqualTo(new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, 78));
        assertThat(derived.toString())
                .contains("\"kind\" : \"mlm\"")
                .contains("Queries: modules.json names Transformer and SpladePooling (max, 1 × log1p)")
                .contains("Documents: ");
    }

    @Test
    void aRouterGivesEachRoleItsOwnEncoder() throws IOException {
        EncodingContract contract =
                ContractDerivation.of(MODELS.resolve("inference-free")).contract();
        assertThat(contract.query().checkpoint()).isEqualTo("query_0_SparseStaticEmbedding");
        assertThat(contract.query().head()).isEqualTo(new HeadContract.Table("model.safetensors", 78));
        assertThat(contract.query().text()).isEqualTo(new TextContract("query: ", "", false, 12, 1, 0));
        assertThat(contract.document().checkpoint()).isEqualTo("document_0_Transformer");
        assertThat(contract.document().head())
                .isEqualTo(new HeadContract.Mlm(Pooling.MAX, Saturation.DOUBLE_LOG1P, LogitAffine.IDENTITY, 78));
    }

    @Test
    void readsTheLayoutOfOlderVersionsToo() throws IOException {
        Path model = copy("inference-free");
        Path routes = model.resolve("router_config.json");
        String text = Files.readString(routes)
                .replace("sparse_encoder.modules.sparse_static_embedding.", "sparse_encoder.models.")
                .replace("base.modules.transformer.Transformer", "sparse_encoder.models.MLMTransformer");
        Files.delete(routes);
        Files.writeString(model.resolve("config.json"), text);
        TinyCheckpoints.replace(model.resolve("modules.json"), "base.modules.router.Router", "models.Asym");
        Path settings = model.resolve("document_0_Transformer/sentence_bert_config.json");
        Files.writeString(settings, "{\"max_seq_length\": 17, \"do_lower_case\": true}");
        EncodingContract contract = ContractDerivation.of(model).contract();
        assertThat(contract.document().maxTokens()).isEqualTo(17);
        assertThat(contract.query().head()).isInstanceOf(HeadContract.Table.class);
    }

    @Test
    void namesWhatItCannotBe() throws IOException {
        Path model = copy("splade");
        Path modules = model.resolve("modules.json");
        String original = Files.readString(modules);
        Files.writeString(modules, original.replace("splade_pooling.SpladePooling", "csr.SparseAutoEncoder"));
        refused(model, "modules.json: texts pass through [Transformer, SparseAutoEncoder]", "SparseStaticEmbedding");
        Files.writeString(modules, original.replace("\"1_SpladePooling\"", "\"../1_SpladePooling\""));
        refused(model, "modules.json: it places a module in '../1_SpladePooling', outside the checkpoint");
        Files.writeString(modules, "[]");
        refused(model, "modules.json: it names no modules");
        Files.writeString(modules, "[{]");
        refused(model, "modules.json: not valid JSON");
        Files.writeString(modules, original);

        Path settings = model.resolve("sentence_bert_config.json");
        TinyCheckpoints.replace(settings, "fill-mask", "feature-extraction");
        refused(model, "sentence_bert_config.json: transformer_task is 'feature-extraction' of a bert");
        Files.writeString(settings, "{\"do_lower_case\": true}");
        TinyCheckpoints.replace(model.resolve("tokenizer.json"), "\"lowercase\": true", "\"lowercase\": false");
        refused(model, "do_lower_case is true, but the normalizer of tokenizer.json does not");
        Files.delete(settings);
        TinyCheckpoints.replace(model.resolve("1_SpladePooling/config.json"), "\"max\"", "\"mean\"");
        refused(model, "pooling_strategy is 'mean', not one of [max, sum]");
    }

    @Test
    void namesWhatATableLacks() throws IOException {
        Path model = copy("inference-free");
        Path routes = model.resolve("router_config.json");
        String original = Files.readString(routes);
        Files.writeString(routes, original.replace("\"query\": [", "\"question\": ["));
        refused(model, "router_config.json: it has no route named 'query'");
        Files.writeString(routes, original);
        Path table = model.resolve("query_0_SparseStaticEmbedding/model.safetensors");
        byte[] weights = Files.readAllBytes(table);
        Files.delete(table);
        refused(model, "query_0_SparseStaticEmbedding has neither model.safetensors nor idf.json");
        Files.write(table, weights);
        Files.delete(model.resolve("query_0_SparseStaticEmbedding/tokenizer.json"));
        refused(model, "query_0_SparseStaticEmbedding has no tokenizer.json", "copy the tokenizer.json");
    }
}
