package io.millrace.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.engine.Precision;
import io.millrace.v1.EncodedBatch;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The worker with the model that ships with the project. */
@Timeout(120)
class RealModelTest {
    /** Both roles: each token that occurs has its weight of the table. */
    private static final String TABLES = """
            {"format": 2, "name": "tables", "query": %1$s, "document": %1$s, "digests": {}}
            """.formatted("""
            {"checkpoint": "",
             "text": {"prefix": "", "suffix": "", "template": true, "max_tokens": 64, "max_chunks": 1, "overlap_tokens": 0},
             "reading": {"mode": "encoder", "alignment": "invariant", "positions": "all", "special_tokens": "mask"},
             "head": {"kind": "table", "file": "idf.json", "outputs": 30522},
             "pruning": {"input_terms_only": false, "min_weight": 0, "min_share_of_max": 0, "mass": 1, "top_terms": 0}}
            """);

    private static final Path MODEL = Path.of("../models/splade-tiny");
    private static final String[] WORDS = {
        "earthquake",
        "the",
        "study",
        "of",
        "river",
        "mill",
        "stone",
        "unbelievably",
        "seismology",
        "wheat",
        "grinding",
        "a"
    };

    private static List<String> passages(Random random, int texts) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            StringBuilder text = new StringBuilder();
            for (int words = 1 + random.nextInt(120); words > 0; words--) {
                text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
            }
            result.add(text.toString());
        }
        return result;
    }

    @Test
    void vectorsOverTheStreamAreThoseOfEachTextAlone() throws Exception {
        EncoderWorkerConfig config = new EncoderWorkerConfig(
                "127.0.0.1",
                0,
                0,
                MODEL,
                List.of(),
                Precision.FP32,
                "cpu",
                2,
                1024,
                16,
                64L << 20,
                Duration.ofSeconds(20),
                "",
                "",
                32 << 10);
        Random random = new Random(7);
        try (EncoderWorker worker = EncoderWorker.start(config);
                EncodeClient client = EncodeClient.open(worker.port());
                SparseEncoder direct = SparseEncoders.open(MODEL, EncoderOptions.defaults())) {
            List<List<String>> batches = new ArrayList<>();
            for (int id = 0; id < 6; id++) {
                batches.add(passages(random, 32));
                client.send(EncodeClient.batch(id, batches.get(id))
                        .setSpaceId(worker.spaceId())
                        .setIncludeTerms(true));
            }
            for (int i = 0; i < batches.size(); i++) {
                EncodedBatch reply = client.encoded();
                List<String> texts = batches.get((int) reply.getBatchId());
                assertMatches(reply, texts, direct);
            }
            double padding = Scrape.value(worker, "millrace_encoder_padding_tokens_total{role=\"document\",}");
            double tokens = Scrape.value(worker, "millrace_encoder_tokens_total{role=\"document\",}");
            assertThat(padding / (padding + tokens)).isBetween(0.0, 0.1);
        }
    }

    @Test
    void aWorkerOfTablesNeedsNeitherWeightsNorAnInferenceThread(@TempDir Path folder) throws Exception {
        Files.copy(MODEL.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        Files.writeString(folder.resolve("idf.json"), "{\"mill\": 5.5, \"the\": 0.25, \"water\": 2.5}");
        Files.writeString(folder.resolve("millrace.json"), TABLES);
        EncoderWorkerConfig config = new EncoderWorkerConfig(
                "127.0.0.1",
                0,
                0,
                folder,
                List.of(),
                Precision.FP32,
                "cpu",
                2,
                1024,
                16,
                64L << 20,
                Duration.ofSeconds(20),
                "",
                "",
                32 << 10);
        try (EncoderWorker worker = EncoderWorker.start(config);
                EncodeClient client = EncodeClient.open(worker.port())) {
            for (var role :
                    List.of(io.millrace.v1.TextRole.TEXT_ROLE_QUERY, io.millrace.v1.TextRole.TEXT_ROLE_DOCUMENT)) {
                client.send(EncodeClient.batch(role.getNumber(), List.of("The mill, the water mill", "wheat"))
                        .setSpaceId(worker.spaceId())
                        .setRole(role)
                        .setIncludeTerms(true));
                EncodedBatch reply = client.encoded();
                assertThat(reply.getTermsList()).containsExactly("the", "water", "mill");
                assertThat(reply.getTokensList()).containsExactly(8, 3);
                assertThat(VectorBlockCodec.decode(
                                        reply.getVectors().getPayload().toByteArray(),
                                        2,
                                        reply.getVectors().getCrc32C())
                                .getFirst()
                                .weights())
                        .containsExactly(0.25f, 2.5f, 5.5f);
            }
            assertThat(Scrape.value(worker, "millrace_encoder_texts_total{role=\"query\",}"))
                    .isEqualTo(2);
            assertThat(Scrape.value(worker, "millrace_encoder_batch_texts_count"))
                    .isIn(0.0, Double.NaN);
        }
    }

    private static void assertMatches(EncodedBatch reply, List<String> texts, SparseEncoder direct) {
        List<SparseVector> vectors = VectorBlockCodec.decode(
                reply.getVectors().getPayload().toByteArray(),
                reply.getVectors().getCount(),
                reply.getVectors().getCrc32C());
        int term = 0;
        for (int i = 0; i < texts.size(); i += 8) {
            SparseVector alone = direct.encode(
                            direct.tokenize(List.of(texts.get(i)), TextRole.DOCUMENT), TextRole.DOCUMENT)
                    .getFirst();
            assertThat(vectors.get(i).isEmpty()).isFalse();
            for (int id : alone.ids()) {
                assertThat((double) vectors.get(i).weight(id)).isCloseTo(alone.weight(id), within(1e-4));
            }
            assertThat((double) vectors.get(i).size()).isCloseTo(alone.size(), within(1.0)); // a weight at rounding
        }
        for (SparseVector vector : vectors) {
            for (int id : vector.ids()) {
                assertThat(reply.getTerms(term++)).isEqualTo(direct.term(id));
            }
        }
        assertThat(term).isEqualTo(reply.getTermsCount());
    }
}
