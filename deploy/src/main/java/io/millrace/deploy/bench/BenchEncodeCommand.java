package io.millrace.deploy.bench;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OptionBounds;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.local.Models;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench encode}: how fast, how large and how good a checkpoint is, by number format. */
@Command(
        name = "encode",
        mixinStandardHelpOptions = true,
        description = {
            "Encodes the texts of a collection in BEIR's layout, each number format in a process of its own, and prints",
            "documents a second (median of the repetitions, tokenising included), processor time a document, time from",
            "the start of the process to the first vector, and the peak of memory over that of the engine without a",
            "model. Where the collection has judgements and is not cut by --limit, also nDCG@10 and Recall@100 with exact",
            "scores. The first format is what the others are compared with: cosine, and the ten heaviest terms in common."
        },
        footer = {
            "",
            "Examples:",
            "  millrace bench encode --data scifact",
            "  millrace bench encode --model DIR --data scifact --precisions all -o json",
            "  millrace bench encode --model DIR --data scifact --limit 2000 --max-tokens 128 --threads 2"
        })
public final class BenchEncodeCommand implements Callable<Integer> {
    private static final String ALL = "all";

    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of a checkpoint or a lexical model. Default: the embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description =
                    "Folder with corpus.jsonl and, for effectiveness, queries.jsonl and qrels/SPLIT.tsv; plain or "
                            + "gzipped.")
    private Path data = Path.of("");

    @Option(names = "--split", paramLabel = "NAME", description = "Judgements to use. Default: ${DEFAULT-VALUE}.")
    private String split = "test";

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "Folder of a LoRA adapter to merge into the weights; may be given more than once.")
    private List<Path> adapters = new ArrayList<>();

    @Option(
            names = "--precisions",
            paramLabel = "LIST",
            description = "Number formats, separated by commas: fp32, bf16, ... or all. Default: ${DEFAULT-VALUE}.")
    private String precisions = "fp32";

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description =
                    "Where to compute: cpu, cuda, cuda:N, or auto for a GPU if there is one. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(
            names = "--kernels",
            paramLabel = "FORM",
            description = "auto, screened, fused, unpacked or plain. Default: ${DEFAULT-VALUE}.")
    private String kernels = "auto";

    @Option(names = "--limit", paramLabel = "N", description = "Documents to read; 0 = all. Default: ${DEFAULT-VALUE}.")
    private int limit = 0;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Where to cut texts; 0 = where the checkpoint says. Default: ${DEFAULT-VALUE}.")
    private int maxTokens = 0;

    @Option(names = "--threads", paramLabel = "N", description = "Threads; 0 = one a core. Default: ${DEFAULT-VALUE}.")
    private int threads = 0;

    @Option(
            names = "--repetitions",
            paramLabel = "N",
            description = "How often all documents are encoded. Default: ${DEFAULT-VALUE}.")
    private int repetitions = 3;

    /** A command over a console. */
    public BenchEncodeCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        DeviceChoice place = DeviceChoice.of(device);
        List<Precision> formats = formats(place);
        EncodeJob job = new EncodeJob(
                new EncodeJob.Model(Models.find(model), adapters, place),
                data,
                new EncodeJob.Limits(
                        OptionBounds.atLeast("--limit", limit, 0),
                        OptionBounds.atLeast("--max-tokens", maxTokens, 0),
                        threads == 0
                                ? Runtime.getRuntime().availableProcessors()
                                : OptionBounds.atLeast("--threads", threads, 1),
                        OptionBounds.atLeast("--repetitions", repetitions, 1)),
                kernels.toUpperCase(Locale.ROOT));
        Effectiveness judged = Effectiveness.read(new BeirFolder(data), split, limit > 0);
        try (EncodedTexts.Folder folder = EncodedTexts.Folder.create()) {
            EncodedTexts reference = EncodedTexts.NONE;
            for (Precision precision : formats) {
                console.say("Encoding in " + name(precision) + " ...");
                Map<String, Object> figures =
                        EncodeProcess.run(job, precision, judged.queries(), folder.file(name(precision)));
                EncodedTexts vectors = EncodedTexts.read(folder.file(name(precision)));
                Map<String, Object> result = new LinkedHashMap<>();
                result.put("precision", name(precision));
                result.putAll(figures);
                result.putAll(judged.of(vectors));
                if (reference.documents().isEmpty()) {
                    reference = vectors;
                } else {
                    result.putAll(vectors.comparedWith(reference));
                }
                report(result);
            }
        }
        return ExitCode.OK;
    }

    private void report(Map<String, Object> result) {
        if (output.json()) {
            console.printJson(result);
        } else {
            result.forEach((name, value) -> console.print(name + ": " + value));
            console.print("");
        }
    }

    private List<Precision> formats(DeviceChoice place) {
        if (precisions.equals(ALL)) {
            boolean gpu = place.kind() == DeviceChoice.Kind.CUDA;
            return Arrays.stream(Precision.values())
                    .filter(gpu ? Precision::onCuda : Precision::onCpu)
                    .toList();
        }
        List<Precision> formats = new ArrayList<>();
        for (String name : precisions.split(",", -1)) {
            formats.add(Arrays.stream(Precision.values())
                    .filter(precision -> name(precision).equals(name.strip()))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("--precisions has '" + name + "'; known are "
                            + Arrays.stream(Precision.values())
                                    .map(BenchEncodeCommand::name)
                                    .toList() + " and all")));
        }
        formats.forEach(format -> format.requireOn(place));
        return formats;
    }

    private static String name(Precision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }
}
