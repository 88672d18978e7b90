package io.millrace.deploy.preset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Contracts as the command writes them, and what checkpoints give under them beside recorded vectors. */
class PresetsTest {
    @TempDir
    private Path folder;

    private static List<Integer> integers(JsonNode numbers) {
        return StreamSupport.stream(numbers.spliterator(), false)
                .map(JsonNode::asInt)
                .toList();
    }

    private static List<int[]> texts(JsonNode recorded) {
        List<int[]> texts = new ArrayList<>();
        for (int row = 0; row < recorded.path("input_ids").size(); row++) {
            JsonNode ids = recorded.path("input_ids").path(row);
            JsonNode mask = recorded.path("attention_mask").path(row);
            texts.add(IntStream.range(0, ids.size())
                    .filter(t -> mask.path(t).asInt() == 1)
                    .map(t -> ids.path(t).asInt())
                    .toArray());
        }
        return texts;
    }

    private static SparseVector vector(JsonNode recorded) {
        int[] ids = integers(recorded.path("ids")).stream().mapToInt(i -> i).toArray();
        float[] weights = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            weights[i] = recorded.path("w").path(i).floatValue();
        }
        return new SparseVector(ids, weights);
    }

    private static List<SparseVector> encoded(Path model, List<int[]> texts, TextRole role) throws IOException {
        try (SparseEncoder encoder =
                SparseEncoders.open(model, EncoderOptions.defaults().withThreads(1))) {
            return encoder.encode(
                    texts.stream().map(ids -> new TokenizedText(ids, 0)).toList(), role);
        }
    }

    @ParameterizedTest(name = "{0} {1} = {2}")
    @CsvSource({
        "splade, DOCUMENT, bert.mlm.keep",
        "splade, QUERY, bert.mlm.keep",
        "splade-doc, DOCUMENT, bert.mlm.keep",
        "splade-doc, QUERY, binary.presence",
        "deepct, DOCUMENT, bert.deepct",
        "deepimpact, DOCUMENT, bert.deepimpact",
        "deepimpact, QUERY, binary.presence",
        "epic, DOCUMENT, bert.epic.document",
        "epic, QUERY, bert.epic.query",
        "tilde, DOCUMENT, bert.tilde",
        "bge-m3, DOCUMENT, bge_m3",
        "bge-m3, QUERY, bge_m3",
        "csplade-bi, DOCUMENT, llama.bidirectional",
        "csplade-echo, QUERY, llama.echo",
        "lion, DOCUMENT, llama.bidirectional.lion_scale",
        "decoder4lsr, DOCUMENT, flan.encoder_decoder_multi.invariant"
    })
    void givesTheRecordedVectors(String preset, TextRole role, String name) throws IOException {
        JsonNode recorded = TinyModels.recorded(name);
        Path model = TinyModels.copy(
                recorded.path("model").asText(), folder.resolve("model"), integers(recorded.path("special_ids")));
        CommandRun run = CommandRun.of("contract", "--preset", preset, "--write", model.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Files.readString(model.resolve("millrace.json"))).isEqualTo(run.out());
        assertThat(EncodingContract.parse("printed", run.out()).digests())
                .containsKeys("model.safetensors", "config.json", "tokenizer.json");
        List<SparseVector> vectors = encoded(model, texts(recorded), role);
        for (int i = 0; i < vectors.size(); i++) {
            SparseVector expected = vector(recorded.path("vectors").path(i));
            assertThat(expected.isEmpty()).isFalse();
            for (int id = 0; id < 97; id++) {
                assertThat(vectors.get(i).weight(id))
                        .as("text %d, term %d", i, id)
                        .isCloseTo(expected.weight(id), within(1e-5f));
            }
        }
    }

    /** The record sums repetitions and counts control tokens, the preset does neither. */
    @Test
    void uniCoilGivesTheRecordedWeightToEveryTokenThatStandsOnce() throws IOException {
        JsonNode recorded = TinyModels.recorded("bert.unicoil");
        Path model = TinyModels.copy("bert-heads", folder.resolve("model"), List.of(0, 2, 3));
        assertThat(CommandRun.of("contract", "--preset", "unicoil", "--write", model.toString())
                        .code())
                .isZero();
        List<int[]> texts = texts(recorded);
        List<SparseVector> vectors = encoded(model, texts, TextRole.DOCUMENT);
        int compared = 0;
        for (int i = 0; i < texts.size(); i++) {
            SparseVector expected = vector(recorded.path("vectors").path(i));
            for (int token : texts.get(i)) {
                boolean once = Arrays.stream(texts.get(i))
                                .filter(other -> other == token)
                                .count()
                        == 1;
                if (token == 2 || token == 3) {
                    assertThat(vectors.get(i).weight(token)).isZero();
                } else if (once) {
                    assertThat(vectors.get(i).weight(token)).isCloseTo(expected.weight(token), within(1e-5f));
                    compared++;
                } else {
                    assertThat(vectors.get(i).weight(token)).isLessThanOrEqualTo(expected.weight(token));
                }
            }
        }
        assertThat(compared).isGreaterThan(10);
    }

    /** The record drops two terms more than the control tokens. */
    @Test
    void spartaGivesTheRecordedWeightsWithoutControlTokens() throws IOException {
        JsonNode recorded = TinyModels.recorded("bert.sparta");
        Path model = TinyModels.copy("bert-heads", folder.resolve("model"), integers(recorded.at("/head/dropped_ids")));
        assertThat(CommandRun.of("contract", "--preset", "sparta", "--write", model.toString())
                        .code())
                .isZero();
        List<SparseVector> vectors = encoded(model, texts(recorded), TextRole.DOCUMENT);
        for (int i = 0; i < vectors.size(); i++) {
            SparseVector expected = vector(recorded.path("vectors").path(i));
            for (int id = 0; id < 97; id++) {
                assertThat(vectors.get(i).weight(id)).isCloseTo(expected.weight(id), within(1e-5f));
            }
        }
    }

    @Test
    void everyPresetNamesItsSourceAndMakesAContractThatIsReadBack() {
        CheckpointFacts bert = new CheckpointFacts("m", 97, List.of(0, 2, 3), 512, 32, List.of(ReadingMode.ENCODER));
        for (Preset preset : Presets.ALL) {
            assertThat(preset.source()).containsPattern("et al\\. 20\\d\\d|and \\w+ 20\\d\\d");
            EncodingContract contract = preset.contract(bert);
            assertThat(EncodingContract.parse(preset.name(), contract.toString()))
                    .isEqualTo(contract);
        }
        assertThat(Presets.ALL.stream().map(Preset::name)).doesNotHaveDuplicates();
        CommandRun list = CommandRun.of("contract", "--list");
        assertThat(list.out().lines()).hasSameSizeAs(Presets.ALL);
    }

    @Test
    void refusesCheckpointsOfAnotherKindAndContractsThatAreThere() throws IOException {
        Path model = TinyModels.copy("distilbert", folder.resolve("model"), List.of(0, 2, 3));
        CommandRun other = CommandRun.of("contract", "--preset", "unicoil", model.toString());
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("tok_proj.weight").contains("a checkpoint of another kind");
        assertThat(CommandRun.of("contract", "--preset", "inference-free", model.toString())
                        .err())
                .contains("idf.json");
        assertThat(CommandRun.of("contract", "--preset", "csplade-bi", model.toString())
                        .err())
                .contains("reading.mode is bidirectional");
        assertThat(CommandRun.of("contract", "--preset", "spade", model.toString())
                        .err())
                .contains("no preset 'spade'")
                .contains("splade-doc");
        Files.writeString(model.resolve("idf.json"), "{\"w7\": 2.5}");
        assertThat(CommandRun.of("contract", "--preset", "inference-free", "--write", model.toString())
                        .code())
                .isZero();
        CommandRun again = CommandRun.of("contract", "--preset", "splade", "--write", model.toString());
        assertThat(again.code()).isEqualTo(2);
        assertThat(again.err()).contains("add --replace");
        assertThat(encoded(model, List.of(new int[] {2, 7, 7, 8, 3}), TextRole.QUERY))
                .containsExactly(new SparseVector(new int[] {7}, new float[] {2.5f}));
        CommandRun shown = CommandRun.of("contract", model.toString());
        assertThat(shown.out()).isEqualTo(Files.readString(model.resolve("millrace.json")));
    }
}
