package io.millrace.encoder;

import io.millrace.encoder.batch.BatchLimits;
import io.millrace.encoder.models.ModelSource;
import io.millrace.model.EncoderOptions;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import io.millrace.service.ServerSettings;
import io.millrace.service.Setting;
import io.millrace.service.registry.ModelName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** What an encoder worker can be told; see the help of each component. */
public record EncoderWorkerConfig(
        @Setting(help = "Address to listen on; 0.0.0.0 for every interface.", fallback = "127.0.0.1")
        String host,

        @Setting(help = "gRPC port; 0 = any free one.", fallback = "7310")
        int port,

        @Setting(help = "HTTP port of /metrics; 0 = any free one, -1 = none.", fallback = "9310")
        int metricsPort,

        @Setting(
                help =
                        "Checkpoint folder: config.json, model.safetensors, tokenizer.json and, if any, millrace.json; or"
                                + " a folder that the command lexical made; or registry:NAME[@VERSION], a model published"
                                + " at --coordinator.")
        Path model,

        @Setting(
                help = "Folders of LoRA adapters to merge into the weights, in order, separated by commas.",
                fallback = "none")
        List<String> adapters,

        @Setting(
                help =
                        "Number format of linear layers: fp32, bf16, fp16 (GPUs), int8 or int4 (CPUs). Vectors of all of them meet in"
                                + " one space.",
                fallback = "fp32")
        Precision precision,

        @Setting(
                help = "Where to compute: cpu, cuda, cuda:N, or auto for a GPU if there is one that can do it. Give"
                        + " --token-budget=0 with a GPU.",
                fallback = "cpu")
        String device,

        @Setting(
                help = "Inference threads; 0 = one for each processor. Workers that share a machine divide it.",
                fallback = "0")
        int threads,

        @Setting(
                help =
                        "Most padded tokens in one inference batch. On processors, native calls cost nothing from about 500"
                                + " on and more only makes queries wait longer for the batch that runs; 0 = measure at"
                                + " start (some seconds), the choice for other devices.",
                fallback = "1024")
        int tokenBudget,

        @Setting(
                help =
                        "Batches that one stream may hold in the worker until their results are sent; more keep the model"
                                + " busy over slow links, fewer save memory. A quarter of it is granted as credit ahead.",
                fallback = "16")
        int streamBatches,

        @Setting(
                help =
                        "Bytes of requests held for all streams together; above half of it credit is held back, above all"
                                + " of it batches are refused.",
                fallback = "67108864")
        long queuedBytes,

        @Setting(help = "How long accepted batches may take to finish at shutdown.", fallback = "20s")
        Duration shutdownGrace,

        @Setting(
                help = "Coordinator whose published models this worker loads, host:port; none = each call names one.",
                fallback = "none")
        String coordinator,

        @Setting(
                help = "Folder for published models, one for each worker; none = a temporary one, empty at each start.",
                fallback = "none")
        String modelCache,

        @Setting(
                help = "Most room in that folder, MiB; the models unused for longest go first. At least two models.",
                fallback = "32768")
        long modelCacheMib) {

    private static final String REGISTRY = "registry:";
    private static final long MAX_MIB = 1L << 40;
    private static final long DEFAULT_CACHE_MIB = 32 << 10;
    private static final int DEFAULT_TOKEN_BUDGET = 1024;
    /** What a thread computes at a time. */
    private static final int TOKENS_A_THREAD = 256;

    private static final int MAX_DOCUMENT_BATCHES = 32;
    private static final int MAX_STREAMS = 256;
    private static final int STREAM_TEXTS = 2 * BatchRules.MAX_TEXTS;
    // Streams are drained before the server stops: what is left are single short calls.
    private static final Duration SERVER_GRACE = Duration.ofSeconds(1);

    /** Checks the ranges. */
    public EncoderWorkerConfig {
        adapters = List.copyOf(adapters);
        precision.requireOn(DeviceChoice.of(device));
        if (threads < 0 || threads > 1024 || tokenBudget < 0 || tokenBudget > 1 << 24) {
            throw new IllegalArgumentException("--threads is " + threads + " (0 to 1024) and --token-budget is "
                    + tokenBudget + " (0 to 16777216); one of them is out of its range");
        }
        if (streamBatches < 1 || streamBatches > 4096 || queuedBytes < 1 << 20) {
            throw new IllegalArgumentException("--stream-batches is " + streamBatches
                    + " (1 to 4096) and --queued-bytes is " + queuedBytes
                    + " (at least 1048576); one of them is out of its range");
        }
        if (shutdownGrace.isNegative()) {
            throw new IllegalArgumentException("--shutdown-grace is " + shutdownGrace + "; use 0s or more");
        }
        if (modelCacheMib < 1 || modelCacheMib > MAX_MIB) {
            throw new IllegalArgumentException("--model-cache-mib is " + modelCacheMib + "; use 1 to " + MAX_MIB);
        }
        if (model.toString().startsWith(REGISTRY)) {
            ModelName.parse(model.toString().substring(REGISTRY.length()));
            if (coordinator.isEmpty() || !adapters.isEmpty()) {
                throw new IllegalArgumentException(
                        "--model is " + model
                                + ", which needs --coordinator HOST:PORT, and no --adapters: merge them and publish the result");
            }
        }
    }

    /** The settings of a worker inside a local cluster: loopback, defaults for the rest. */
    public static EncoderWorkerConfig local(Path model, int port, int threads) {
        return new EncoderWorkerConfig(
                "127.0.0.1",
                port,
                -1,
                model,
                List.of(),
                Precision.FP32,
                DeviceChoice.CPU.label(),
                threads,
                DEFAULT_TOKEN_BUDGET,
                16,
                64L << 20,
                Duration.ofSeconds(20),
                "",
                "",
                DEFAULT_CACHE_MIB);
    }

    /** The published model to start with; empty = {@code model} is a folder. */
    public Optional<ModelName> publishedModel() {
        String text = model.toString();
        return text.startsWith(REGISTRY)
                ? Optional.of(ModelName.parse(text.substring(REGISTRY.length())))
                : Optional.empty();
    }

    /** Where further models come from. Adapters belong to the folder that the worker was started with. */
    ModelSource source() {
        Optional<Path> cache = modelCache.isEmpty() ? Optional.empty() : Optional.of(Path.of(modelCache));
        return new ModelSource(
                new ModelSource.Settings(coordinator, cache, modelCacheMib << 20),
                encoder().withAdapters(List.of()));
    }

    /** How the model is opened. */
    EncoderOptions encoder() {
        EncoderOptions options = EncoderOptions.defaults()
                .withPrecision(precision)
                .withDevice(DeviceChoice.of(device))
                .withAdapters(adapters.stream().map(Path::of).toList());
        return threads == 0 ? options : options.withThreads(threads);
    }

    BatchLimits batches() {
        // Enough for every thread of a processor to be at work, and one more to follow on without a pause. A device
        // computes
        // one at a time, and the next is made ready meanwhile.
        int running = tokenBudget == 0 ? 1 : Math.ceilDiv(encoder().threads() * TOKENS_A_THREAD, tokenBudget);
        return BatchLimits.of(tokenBudget, Math.min(running, MAX_DOCUMENT_BATCHES) + 1);
    }

    ServerSettings server() {
        return new ServerSettings(
                host, port, metricsPort, Optional.empty(), ServerSettings.DEFAULT_MAX_MESSAGE_BYTES, SERVER_GRACE);
    }

    EncoderService.Limits limits() {
        StreamLimits streams =
                new StreamLimits(Math.max(1, streamBatches / 4), streamBatches, STREAM_TEXTS, MAX_STREAMS);
        int processors = Runtime.getRuntime().availableProcessors();
        // One thread tokenises some thousand passages a second: a quarter of the machine keeps any model fed.
        return new EncoderService.Limits(streams, queuedBytes, Math.max(1, processors / 4));
    }
}
