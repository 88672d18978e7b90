package io.millrace.deploy.publish;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.checkpoint.CheckpointAverage;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code model average}: one checkpoint of several that were trained from the same one. */
@Command(
        name = "average",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Averages the weights of checkpoints that were trained from the same one. A fine-tuned model averaged with the one",
            "it came from keeps more of what that one knew of other texts; several runs averaged are steadier than each.",
            "Contract and tokenizer are those of the first. No server is asked."
        },
        footer = {"", "Example:", "  millrace model average mine --of runs/1/best=0.6 --of models/splade-tiny=0.4"})
final class AverageCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "DIR", description = "Folder to make.")
    private Path target = Path.of("");

    @Option(
            names = "--of",
            required = true,
            paramLabel = "CHECKPOINT=SHARE",
            description = "A checkpoint and what its weights are multiplied with. Shares add up to 1.")
    private List<String> parts = List.of();

    @Option(names = "--name", paramLabel = "NAME", description = "Its name. Default: the folder's.")
    private String name = "";

    @Option(
            names = "--type",
            defaultValue = "F32",
            paramLabel = "TYPE",
            description = "How weights are stored: F32, BF16 or F16. Default: ${DEFAULT-VALUE}.")
    private TensorType type = TensorType.F32;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    AverageCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (!List.of(TensorType.F32, TensorType.BF16, TensorType.F16).contains(type)) {
            throw new IllegalArgumentException("weights are stored as F32, BF16 or F16, not " + type);
        }
        List<CheckpointAverage.Part> checkpoints = new ArrayList<>();
        for (String part : parts) {
            checkpoints.add(parse(part));
        }
        String called = name.isEmpty()
                ? target.toAbsolutePath().normalize().getFileName().toString()
                : name;
        Checkpoint average = CheckpointAverage.write(checkpoints, target, type, called);
        if (output.json()) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("folder", target.toString());
            fields.put("name", called);
            fields.put("spaceId", average.spaceId());
            console.printJson(fields);
        } else {
            console.print(called + ": space " + average.spaceId() + "  in " + target);
        }
        return ExitCode.OK;
    }

    private static CheckpointAverage.Part parse(String part) throws IOException {
        int equals = part.lastIndexOf('=');
        try {
            double share = Double.parseDouble(part.substring(equals + 1));
            return new CheckpointAverage.Part(Checkpoint.open(Path.of(part.substring(0, Math.max(0, equals)))), share);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "'" + part + "' is no checkpoint and its share, such as models/splade-tiny=0.4", e);
        }
    }
}
