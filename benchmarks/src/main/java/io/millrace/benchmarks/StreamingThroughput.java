package io.millrace.benchmarks;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.millrace.deploy.cli.Logging;
import io.millrace.encoder.EncoderWorker;
import io.millrace.encoder.EncoderWorkerConfig;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeReply;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * What streaming costs: the same model encodes the same texts called directly and through an encoder worker's gRPC stream over
 * loopback, in turns. The client's own work, packing texts and unpacking vectors, counts against the stream.
 */
public final class StreamingThroughput {
    /** Texts handed over at once when called directly, one window being tokenised while another is encoded. */
    private static final int WINDOW = 256;

    private StreamingThroughput() {}

    /** {@code DATA MODEL LIMIT MAX_TOKENS THREADS ROUNDS BATCH}: folder in BEIR's layout, ..., texts of one message. */
    public static void main(String[] args) throws Exception {
        if (args.length != 7) {
            System.err.println("usage: StreamingThroughput DATA MODEL LIMIT MAX_TOKENS THREADS ROUNDS BATCH");
            System.exit(2);
        }
        // gRPC writes every frame to a log of debugging.
        Logging.warnings();
        List<String> texts = new BeirFolder(Path.of(args[0])).contents(Integer.parseInt(args[2]));
        Path model = Path.of(args[1]);
        int threads = Integer.parseInt(args[4]);
        int batch = Integer.parseInt(args[6]);
        EncoderOptions options = EncoderOptions.defaults()
                .withMaxTokens(Integer.parseInt(args[3]))
                .withThreads(threads);
        double[] ratios = new double[Integer.parseInt(args[5])];
        SparseEncoder encoder = SparseEncoders.open(model, options);
        try (EncoderWorker worker = EncoderWorker.start(config(model, threads), encoder)) {
            List<String> some = texts.subList(0, Math.min(4 * WINDOW, texts.size()));
            direct(encoder, some);
            streamed(worker, some, batch);
            for (int i = 0; i < ratios.length; i++) {
                boolean directFirst = i % 2 == 0;
                double first =
                        rate(texts, directFirst ? () -> direct(encoder, texts) : () -> streamed(worker, texts, batch));
                double second =
                        rate(texts, directFirst ? () -> streamed(worker, texts, batch) : () -> direct(encoder, texts));
                double direct = directFirst ? first : second;
                double streamed = directFirst ? second : first;
                ratios[i] = streamed / direct;
                System.out.printf(
                        Locale.ROOT,
                        "direct %.1f docs/s, streamed %.1f docs/s, ratio %.4f%n",
                        direct,
                        streamed,
                        ratios[i]);
            }
            encoder.screening(TextRole.DOCUMENT).ifPresent(System.out::println);
        }
        Arrays.sort(ratios);
        System.out.printf(Locale.ROOT, "median ratio %.4f over %d rounds%n", ratios[ratios.length / 2], ratios.length);
    }

    /** The defaults; system property {@code token-budget} for another one. */
    private static EncoderWorkerConfig config(Path model, int threads) {
        EncoderWorkerConfig local = EncoderWorkerConfig.local(model, 0, threads);
        return new EncoderWorkerConfig(
                local.host(),
                local.port(),
                local.metricsPort(),
                model,
                local.adapters(),
                local.precision(),
                local.device(),
                threads,
                Integer.getInteger("token-budget", local.tokenBudget()),
                local.streamBatches(),
                local.queuedBytes(),
                local.shutdownGrace(),
                "",
                "",
                32 << 10);
    }

    private interface Run {
        int encode() throws Exception;
    }

    private static double rate(List<String> texts, Run run) throws Exception {
        long start = System.nanoTime();
        if (run.encode() != texts.size()) {
            throw new IllegalStateException("vectors are missing");
        }
        return texts.size() / ((System.nanoTime() - start) / 1e9);
    }

    private static int direct(SparseEncoder encoder, List<String> texts) throws Exception {
        List<SparseVector> vectors = new ArrayList<>();
        try (ExecutorService tokenizer = Executors.newSingleThreadExecutor()) {
            Future<List<TokenizedText>> next =
                    tokenizer.submit(() -> encoder.tokenize(part(texts, 0, WINDOW), TextRole.DOCUMENT));
            for (int from = 0; from < texts.size(); from += WINDOW) {
                List<TokenizedText> tokens = next.get();
                int following = from + WINDOW;
                next = tokenizer.submit(() -> encoder.tokenize(part(texts, following, WINDOW), TextRole.DOCUMENT));
                vectors.addAll(encoder.encode(tokens, TextRole.DOCUMENT));
            }
        }
        return vectors.size();
    }

    private static int streamed(EncoderWorker worker, List<String> texts, int batch) throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress("127.0.0.1", worker.port())
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        try {
            Replies replies = new Replies((texts.size() + batch - 1) / batch);
            StreamObserver<EncodeBatch> requests = EncoderWorkerGrpc.newStub(channel)
                    .withDeadlineAfter(Duration.ofMinutes(30))
                    .encode(replies);
            for (int from = 0; from < texts.size(); from += batch) {
                replies.credit.acquire();
                requests.onNext(EncodeBatch.newBuilder()
                        .setBatchId(from)
                        .setSpaceId(worker.spaceId())
                        .setRole(io.millrace.v1.TextRole.TEXT_ROLE_DOCUMENT)
                        .addAllTexts(part(texts, from, batch))
                        .build());
            }
            int vectors = replies.all.get(30, TimeUnit.MINUTES);
            requests.onCompleted();
            return vectors;
        } finally {
            channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
        }
    }

    /** Counts vectors as they are unpacked; its credit is what the sender waits for. */
    private static final class Replies implements StreamObserver<EncodeReply> {
        private final Semaphore credit = new Semaphore(0);
        private final CompletableFuture<Integer> all = new CompletableFuture<>();
        private int missing;
        private int vectors;

        Replies(int batches) {
            this.missing = batches;
        }

        @Override
        public void onNext(EncodeReply reply) {
            credit.release(reply.getCredit().getBatches() + reply.getGrantedBatches());
            if (reply.hasFailure()) {
                all.completeExceptionally(
                        new IOException(reply.getFailure().getError().getMessage()));
            } else if (reply.hasBatch()) {
                vectors += VectorBlockCodec.decode(
                                reply.getBatch().getVectors().getPayload().toByteArray(),
                                reply.getBatch().getTokensCount())
                        .size();
                if (--missing == 0) {
                    all.complete(vectors);
                }
            }
        }

        @Override
        public void onError(Throwable failure) {
            credit.release(1 << 20);
            all.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {}
    }

    private static List<String> part(List<String> texts, int from, int size) {
        return texts.subList(Math.min(from, texts.size()), Math.min(from + size, texts.size()));
    }
}
