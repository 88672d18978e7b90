package io.millrace.encoder;

import io.grpc.ManagedChannel;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodedBatch;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Time a document spends in everything but the model: stream, queue and codec, with a model that costs nothing, client
 * and worker in one JVM over loopback. Prints microseconds a document, wall and processor time, client included.
 *
 * <p>Run by hand; arguments: documents a batch, documents in all, streams.
 */
final class StreamOverhead {
    private static final int NON_ZEROS = 180;
    private static final int TOKENS = 100;
    private static final int ROUNDS = 5;

    private StreamOverhead() {}

    /** Gives every text the same vector, made beforehand. */
    private static final class FreeEncoder extends FakeEncoder {
        private final TokenizedText tokens = new TokenizedText(new int[TOKENS], 0);
        private final SparseVector vector;

        FreeEncoder() {
            Random random = new Random(1);
            int[] ids = random.ints(0, VOCABULARY)
                    .distinct()
                    .limit(NON_ZEROS)
                    .sorted()
                    .toArray();
            float[] weights = new float[NON_ZEROS];
            IntStream.range(0, NON_ZEROS).forEach(i -> weights[i] = 0.01f + random.nextFloat());
            vector = new SparseVector(ids, weights);
        }

        @Override
        public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
            return Collections.nCopies(texts.size(), tokens);
        }

        @Override
        public List<SparseVector> encodePieces(List<int[]> batch, TextRole role) {
            return Collections.nCopies(batch.size(), vector);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int batchTexts = Integer.parseInt(arguments[0]);
        int documents = Integer.parseInt(arguments[1]);
        int streams = Integer.parseInt(arguments[2]);
        List<String> texts = Collections.nCopies(batchTexts, "the study of earthquakes and so on ".repeat(14));
        try (EncoderWorker worker = Workers.start(new FreeEncoder())) {
            ManagedChannel channel = EncodeClient.channel(worker.port());
            for (int round = 0; round < ROUNDS; round++) {
                long cpu = cpuNanos();
                long wall = System.nanoTime();
                List<Thread> clients = new ArrayList<>();
                for (int stream = 0; stream < streams; stream++) {
                    clients.add(Thread.ofPlatform().start(() -> exchange(channel, texts, documents / streams)));
                }
                for (Thread client : clients) {
                    client.join();
                }
                System.out.printf(
                        "%d texts a batch, %d streams: %.2f us a document wall, %.2f us of processor time%n",
                        batchTexts,
                        streams,
                        (System.nanoTime() - wall) / 1e3 / documents,
                        (cpuNanos() - cpu) / 1e3 / documents);
            }
            channel.shutdownNow();
        }
    }

    private static void exchange(ManagedChannel channel, List<String> texts, int documents) {
        try (EncodeClient client = EncodeClient.on(channel)) {
            int batches = documents / texts.size();
            Thread sender = Thread.ofPlatform().start(() -> send(client, texts, batches));
            for (int i = 0; i < batches; i++) {
                EncodedBatch reply = client.encoded();
                List<SparseVector> vectors = VectorBlockCodec.decode(
                        reply.getVectors().getPayload().toByteArray(),
                        reply.getVectors().getCount(),
                        reply.getVectors().getCrc32C());
                if (vectors.size() != texts.size()) {
                    throw new AssertionError("lost vectors");
                }
            }
            sender.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void send(EncodeClient client, List<String> texts, int batches) {
        try {
            for (int i = 0; i < batches; i++) {
                client.send(EncodeClient.batch(i, texts));
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static long cpuNanos() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
                .getProcessCpuTime();
    }
}
