package io.millrace.model.adapter;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.RawTensors;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterRefusalTest {
    private static final String Q = "model.layers.0.self_attn.q_proj";

    @TempDir
    private Path folder;

    private AdapterFiles files;
    private TensorSource base;

    @BeforeEach
    void open() {
        files = new AdapterFiles(folder, 11);
        base = files.base(4, 6, Q + ".weight", "model.layers.0.self_attn.k_proj.weight", "model.embed_tokens.weight");
    }

    private void refused(String config, RawTensors tensors, String... parts) throws IOException {
        Path adapter = files.adapter("adapter", config, tensors);
        assertThatThrownBy(() -> AdaptedTensors.open(base, List.of(adapter)).close())
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining(adapter.toString())
                .hasMessageContainingAll(parts);
    }

    private RawTensors factors() {
        return files.factors(new RawTensors(), Q, 4, 6, 2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | peft_type is",
                "[] | not a JSON object",
                "{\"peft_type\": | not valid JSON",
                "{\"peft_type\":\"LORA\",\"peft_type\":\"LORA\"} | Duplicate field",
                "{\"peft_type\":\"IA3\",\"r\":2,\"lora_alpha\":2} | peft_type is \"IA3\", but only \"LORA\"; merge_and_unload",
                "{\"peft_type\":\"LORA\",\"lora_alpha\":2} | r is",
                "{\"peft_type\":\"LORA\",\"r\":0,\"lora_alpha\":2} | r is 0, not a whole number from 1",
                "{\"peft_type\":\"LORA\",\"r\":2.5,\"lora_alpha\":2} | r is 2.5, not a whole number",
                "{\"peft_type\":\"LORA\",\"r\":99999999999,\"lora_alpha\":2} | r is 99999999999",
                "{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":\"two\"} | lora_alpha is \"two\", not a number",
                "{\"peft_type\":\"LORA\",\"r\":2,\"lora_alpha\":1e999} | lora_alpha is",
            })
    void refusesAConfigurationThatIsDamagedOrNotOfLora(String config, String messages) throws IOException {
        refused(config, factors(), messages.split("; "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"use_dora\":true | use_dora is true, which is not understood here; merge_and_unload",
                "\"lora_bias\":true | lora_bias is true",
                "\"fan_in_fan_out\":true | fan_in_fan_out is true; transposed",
                "\"layer_replication\":[[0,2],[1,3]] | layer_replication is [[0,2],[1,3]]",
                "\"trainable_token_indices\":[1] | trainable_token_indices is [1]",
                "\"alora_invocation_tokens\":[1,2] | alora_invocation_tokens",
                "\"target_parameters\":[\"x\"] | target_parameters",
                "\"something_new\":{\"a\":1} | something_new is {\"a\":1}, which is not understood here",
                "\"init_lora_weights\":\"pissa_niter_4\" | init_lora_weights is \"pissa_niter_4\"; path_initial_model",
                "\"init_lora_weights\":\"olora\" | init_lora_weights is \"olora\"",
                "\"bias\":\"some\" | bias is \"some\"",
                "\"rank_pattern\":[1] | rank_pattern must map",
                "\"rank_pattern\":{\"q\":0} | rank_pattern is 0",
                "\"alpha_pattern\":{\"q_proj(\":4} | alpha_pattern; is not a regular expression",
                "\"rank_pattern\":{\"q_proj\":4} | do not fit rank 4",
                "\"target_modules\":[\"v_proj\"] | target_modules does not name",
            })
    void refusesWhatWouldChangeTheVectorsIfItWereIgnored(String field, String messages) throws IOException {
        refused(AdapterFiles.config(2, 2, "," + field), factors(), messages.split("; "));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"use_dora\":false,\"lora_bias\":false,\"layer_replication\":null,\"loftq_config\":{},\"lora_dropout\":0.1",
                "\"init_lora_weights\":true,\"target_modules\":[\"q_proj\",\"v_proj\"],\"something_new\":null",
                "\"init_lora_weights\":\"gaussian\",\"target_modules\":\"all-linear\",\"modules_to_save\":null",
                "\"base_model_name_or_path\":\"some/model\",\"task_type\":\"FEATURE_EXTRACTION\",\"use_rslora\":false",
            })
    void takesWhatChangesNothing(String fields) throws IOException {
        Path adapter = files.adapter("adapter", AdapterFiles.config(2, 2, "," + fields), factors());
        AdaptedTensors.open(base, List.of(adapter)).close();
    }

    @Test
    @Timeout(20)
    void refusesAnExpressionMadeToTakeForEver() throws IOException {
        refused(
                AdapterFiles.config(2, 2, ",\"alpha_pattern\":{\"(([a-z._0-9]+)+)+!\":4}"),
                factors(),
                "alpha_pattern",
                "takes too long");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "q_proj.lora_A.weight | does not begin with base_model.model.",
                "base_model.model." + Q + ".lora_magnitude_vector | such as DoRA",
                "base_model.model." + Q + ".lora_B.bias | a kind of LoRA that is not understood",
                "base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight | nearest is " + Q + ".weight",
                "base_model.model.model.layers.0.self_attn.z_proj.lora_B.weight | does not have",
                "base_model.model." + Q + ".lora_A.default.weight | are for the same weights",
                "base_model.model.model.layers.0.self_attn.k_proj.lora_A.weight | needs exactly its A and its B",
                "base_model.model.model.layers.0.self_attn.k_proj.weight | modules_to_save",
                "base_model.model." + Q + ".bias | modules_to_save",
            })
    void refusesATensorWithoutAPlace(String name, String message) throws IOException {
        RawTensors tensors = factors().add(name, TensorType.F32, List.of(2L, 6L), files.values(2, 6));
        refused(AdapterFiles.config(2, 2, ""), tensors, "adapter_model.safetensors: tensor ", message);
    }

    @Test
    void refusesABiasThatTheBaseDoesNotHave() throws IOException {
        String name = "base_model.model." + Q + ".base_layer.bias";
        RawTensors tensors = factors().add(name, TensorType.F32, List.of(4L), files.values(4));
        refused(AdapterFiles.config(2, 2, ",\"bias\":\"all\""), tensors, name, "is for " + Q + ".bias", "nearest");
    }

    @Test
    void refusesFactorsOfAnotherModel() throws IOException {
        refused(
                AdapterFiles.config(2, 2, ""),
                files.factors(new RawTensors(), Q, 4, 5, 2),
                "has shape [2, 5]",
                "[4, 6] of " + Q + ".weight");
        refused(AdapterFiles.config(3, 2, ""), files.factors(new RawTensors(), Q, 4, 6, 2), "do not fit rank 3");
    }

    @Test
    void refusesAVocabularyThatGrew() throws IOException {
        RawTensors tensors = factors()
                .add("base_model.model.model.embed_tokens.weight", TensorType.F32, List.of(5L, 6L), files.values(5, 6));
        refused(AdapterFiles.config(2, 2, ""), tensors, "[5, 6]", "[4, 6]", "resize the base");
    }

    @Test
    void refusesToChangeAnEmbeddingThatIsAlsoTheOutputHead() throws IOException {
        RawTensors tensors = factors()
                .add("base_model.model.model.embed_tokens.weight", TensorType.F32, List.of(4L, 6L), files.values(4, 6));
        refused(AdapterFiles.config(2, 2, ""), tensors, "model.embed_tokens.weight", "no output head of its own");
        Path tied = files.adapter("tied", AdapterFiles.config(2, 2, ",\"ensure_weight_tying\":true"), tensors);
        AdaptedTensors.open(base, List.of(tied)).close();
    }

    @Test
    void theBaseIsClosedWithTheResultAndWhenAnAdapterIsRefused() throws IOException {
        Path weights = new RawTensors()
                .add(Q + ".weight", TensorType.F32, List.of(4L, 6L), files.values(4, 6))
                .write(folder.resolve("model.safetensors"));
        Path good = files.adapter("good", AdapterFiles.config(2, 2, ""), factors());
        Path bad = files.adapter("bad", AdapterFiles.config(3, 2, ""), factors());
        SafetensorsFile refused = SafetensorsFile.open(weights);
        assertThatThrownBy(() -> AdaptedTensors.open(refused, List.of(good, bad)))
                .isInstanceOf(InvalidModelException.class);
        SafetensorsFile closed = SafetensorsFile.open(weights);
        AdaptedTensors.open(closed, List.of(good, good)).close();
        for (SafetensorsFile file : List.of(refused, closed)) {
            assertThatThrownBy(() -> file.tensor(Q + ".weight"))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContainingAll("model.safetensors", Q);
        }
    }

    @Test
    void refusesADirectoryWithoutTheFiles() throws IOException {
        Path adapter = files.adapter("adapter", AdapterFiles.config(2, 2, ""), factors());
        Files.delete(adapter.resolve(AdaptedTensors.WEIGHTS));
        assertThatThrownBy(() -> AdaptedTensors.open(base, List.of(adapter)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("has no adapter_model.safetensors", "safe_serialization=True");
        Files.delete(adapter.resolve(AdaptedTensors.CONFIG));
        assertThatThrownBy(() -> AdaptedTensors.open(base, List.of(adapter)))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("adapter_config.json");
        refused(AdapterFiles.config(2, 2, ""), new RawTensors(), "holds no tensors");
    }
}
