package io.millrace.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.InvalidModelException;
import io.millrace.model.contract.ReadingMode;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Damaged configurations: each is understood or refused with a sentence, and none costs more than its file's size. */
class ConfigFuzzTest {
    private static final int ROUNDS = 120;
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    @TempDir
    private Path folder;

    static Stream<Path> configurations() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String root : List.of("golden", "golden-more")) {
            try (Stream<Path> found = Files.walk(Path.of("src/test/resources", root))) {
                found.filter(file -> file.endsWith("config.json")).sorted().forEach(files::add);
            }
        }
        assertThat(files).hasSizeGreaterThan(20);
        return files.stream();
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void isReadOrRefusedWhateverItsValues(Path configuration) throws IOException {
        byte[] original = Files.readAllBytes(configuration);
        assertThat(understood(original)).isTrue();
        Random random = new Random(configuration.toString().hashCode());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            ObjectNode root = (ObjectNode) new JsonMapper().readTree(original);
            for (int change = 0; change <= random.nextInt(3); change++) {
                damage(root, random);
            }
            refused += understood(new JsonMapper().writeValueAsBytes(root)) ? 0 : 1;
        }
        // Some keys do not matter, but most changes of one that does must be noticed.
        assertThat(refused).isBetween(ROUNDS / 10, ROUNDS);
    }

    @ParameterizedTest
    @MethodSource("configurations")
    void isReadOrRefusedWhateverItsBytes(Path configuration) throws IOException {
        byte[] original = Files.readAllBytes(configuration);
        Random random = new Random(configuration.toString().hashCode());
        for (int round = 0; round < ROUNDS / 4; round++) {
            byte[] bytes = original.clone();
            for (int change = 0; change <= random.nextInt(4); change++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            understood(random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length)));
        }
    }

    /** Whether a configuration is understood; then everything that can be known without weights is asked for. */
    private boolean understood(byte[] config) throws IOException {
        Path file = Files.write(folder.resolve("config.json"), config);
        Architecture architecture;
        try {
            architecture = Architectures.read(file);
        } catch (InvalidModelException e) {
            assertThat(e.getMessage()).startsWith(file.toString()).hasSizeLessThan(1_000);
            return false;
        }
        for (ReadingMode reading : architecture.readings()) {
            TensorListing backbone = TensorListing.of(architecture.backbone(reading));
            TensorListing projection = TensorListing.of(architecture.projection(reading));
            assertThat(backbone.groups()).hasSizeBetween(1, 50_000);
            assertThat(Stream.of(backbone, projection)
                            .flatMap(listing -> listing.groups().stream())
                            .flatMap(group -> group.tensors().stream())
                            .mapToLong(TensorSpec::elements)
                            .min()
                            .orElse(0))
                    .isPositive();
            assertThat(architecture.unused(reading)).doesNotContainNull();
        }
        assertThat(architecture.maxPositions()).isPositive();
        assertThat(architecture.vocabularySize()).isPositive();
        return true;
    }

    private static void damage(ObjectNode root, Random random) {
        ObjectNode at = root;
        List<String> keys = new ArrayList<>();
        root.fieldNames().forEachRemaining(keys::add);
        if (keys.isEmpty()) {
            return;
        }
        String key = keys.get(random.nextInt(keys.size()));
        if (at.get(key) instanceof ObjectNode inner && !inner.isEmpty() && random.nextInt(4) > 0) {
            damage(inner, random);
            return;
        }
        JsonNode value = at.get(key);
        switch (random.nextInt(15)) {
            case 0 -> at.remove(key);
            case 1 -> at.putNull(key);
            case 2 -> at.put(key, "text");
            case 3 -> at.put(key, value.asText());
            case 4 -> at.put(key, -value.asInt(1));
            case 5 -> at.put(key, 0);
            case 6 -> at.put(key, Integer.MAX_VALUE);
            case 7 -> at.put(key, (1 << 24) - random.nextInt(3));
            case 8 -> at.put(key, BigInteger.TWO.pow(40 + random.nextInt(100)));
            case 9 -> at.put(key, random.nextBoolean() ? Double.MAX_VALUE : Double.MIN_VALUE);
            case 10 -> at.put(key, value.asDouble(1) + 0.5);
            case 11 -> at.put(key, random.nextBoolean());
            case 12 -> at.set(key, nested(value, random.nextInt(400)));
            case 13 -> at.set(key, JSON.objectNode().set(key, value));
            default -> at.put(key, value.asInt(1) + 1 + random.nextInt(7));
        }
    }

    private static ArrayNode nested(JsonNode value, int depth) {
        ArrayNode list = JSON.arrayNode().add(value);
        for (int i = 0; i < depth; i++) {
            list = JSON.arrayNode().add(list);
        }
        return list;
    }

    private String refusal(String model, Map<String, JsonNode> changes) throws IOException {
        ObjectNode root = (ObjectNode)
                new JsonMapper().readTree(ModelListing.config(model).toFile());
        root.setAll(changes);
        Path file = folder.resolve("config.json");
        Files.write(file, new JsonMapper().writeValueAsBytes(root));
        try {
            Architectures.read(file);
            return "";
        } catch (InvalidModelException e) {
            return String.valueOf(e.getMessage()).substring(file.toString().length());
        }
    }

    @Test
    void refusesMoreLayersThanAnyModelHas() throws IOException {
        assertThat(refusal("llama-3.2-1b", Map.of("num_hidden_layers", JSON.numberNode(1 << 24))))
                .isEqualTo(": num_hidden_layers is 16777216, but must be a whole number from 1 to 1024; take the "
                        + "config.json that belongs to the weights");
    }

    @Test
    void refusesLayerTypesThatDifferFromTheirRule() throws IOException {
        ArrayNode types = JSON.arrayNode();
        for (int layer = 0; layer < 22; layer++) {
            types.add(layer % 2 == 0 ? "full_attention" : "sliding_attention");
        }
        assertThat(refusal("modernbert-base", Map.of("layer_types", types)))
                .startsWith(": layer_types is [\"full_attention\",\"sliding_attention\"")
                .contains("but the other keys make it [full_attention, sliding_attention, sliding_attention, ");
        assertThat(refusal(
                        "modernbert-base",
                        Map.of("layer_types", types, "global_attn_every_n_layers", JSON.numberNode(2))))
                .isEmpty();
    }

    @Test
    void refusesScalingThatIsNotAnObjectInsteadOfLeavingItOut() throws IOException {
        assertThat(refusal("llama-3.1-8b", Map.of("rope_scaling", JSON.textNode("llama3"))))
                .isEqualTo(
                        ": rope_scaling is \"llama3\", but must be an object; take the config.json that belongs to the "
                                + "weights");
    }

    @Test
    void takesWhatAMistralLeavesOutAsTransformersDoes() throws IOException {
        ObjectNode root = (ObjectNode)
                new JsonMapper().readTree(ModelListing.config("mistral-7b-v0.3").toFile());
        Path file = folder.resolve("config.json");
        Files.write(file, new JsonMapper().writeValueAsBytes(root));
        assertThat(((LlamaArchitecture) Architectures.read(file)).window()).isZero();
        root.remove("sliding_window");
        Files.write(file, new JsonMapper().writeValueAsBytes(root));
        assertThat(((LlamaArchitecture) Architectures.read(file)).window()).isEqualTo(4_096);
    }

    @Test
    void namesTheSupportedFamiliesForAnUnknownOne() throws IOException {
        ObjectNode root = JSON.objectNode().put("model_type", "mamba");
        Path file = Files.write(folder.resolve("config.json"), new JsonMapper().writeValueAsBytes(root));
        assertThatThrownBy(() -> Architectures.read(file))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContainingAll("config.json", "mamba", "llama", "use a checkpoint of one of them");
    }
}
