package io.millrace.deploy.preset;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code contract}: what a checkpoint's texts go through on their way to vectors. */
@Command(
        name = "contract",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the encoding contract of a checkpoint (its millrace.json, or what is derived without one), or the one",
            "that a published kind of model has, and writes it beside the weights with the digests of the files."
        },
        footer = {
            "",
            "Examples:",
            "  millrace contract models/splade-tiny",
            "  millrace contract --list",
            "  millrace contract --preset unicoil --write unicoil-msmarco-passage"
        })
public final class ContractCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(arity = "0..1", paramLabel = "DIR", description = "Checkpoint folder.")
    private @Nullable Path directory;

    @Option(names = "--preset", paramLabel = "NAME", description = "Kind of model; --list names them.")
    private @Nullable String preset;

    @Option(names = "--list", description = "List the presets with their sources.")
    private boolean list;

    @Option(names = "--write", description = "Write millrace.json into the folder.")
    private boolean write;

    @Option(names = "--replace", description = "With --write: replace the millrace.json that is there.")
    private boolean replace;

    /** A command over a console. */
    public ContractCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        if (list) {
            Presets.ALL.forEach(known -> console.print(String.format("%-18s %s", known.name(), known.source())));
            return ExitCode.OK;
        }
        if (directory == null) {
            throw new IllegalArgumentException("name a checkpoint folder, or list the presets with --list");
        }
        Checkpoint checkpoint = preset == null ? Checkpoint.open(directory) : read(directory, Presets.of(preset));
        String contract = checkpoint.contract().toString();
        if (write) {
            Path file = directory.resolve(Checkpoint.CONTRACT);
            if (Files.exists(file) && !replace) {
                throw new IllegalArgumentException(file + " is there already; add --replace to write it anew");
            }
            Path unfinished = directory.resolve(Checkpoint.CONTRACT + ".part");
            Files.writeString(unfinished, contract);
            Files.move(unfinished, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            console.say("Wrote " + file + ". Space " + checkpoint.spaceId() + ".");
        }
        console.out().print(contract);
        return ExitCode.OK;
    }

    private static Checkpoint read(Path directory, Preset preset) throws IOException {
        EncodingContract contract = preset.contract(CheckpointFacts.of(directory));
        refuseMissingParts(directory, preset.name(), contract);
        return Checkpoint.open(directory, contract);
    }

    /** A contract that names layers of another kind of model would only fail when the model is opened. */
    private static void refuseMissingParts(Path directory, String preset, EncodingContract contract)
            throws IOException {
        Set<String> tensors;
        try (WeightFiles files = WeightFiles.open(directory)) {
            tensors = new HashSet<>(files.tensors());
        }
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            for (String layer : layers(role.head())) {
                if (!tensors.contains(layer + ".weight")) {
                    throw new IllegalArgumentException("a " + preset + " has the tensor " + layer + ".weight, but "
                            + directory + " has not; it is a checkpoint of another kind");
                }
            }
            if (role.head() instanceof HeadContract.Table table
                    && !Files.isRegularFile(directory.resolve(table.file()))) {
                throw new IllegalArgumentException("a " + preset + " takes weights of query terms from " + table.file()
                        + ", but " + directory + " has no such file");
            }
        }
    }

    private static List<String> layers(HeadContract head) {
        return switch (head) {
            case HeadContract.Mlp mlp -> mlp.layers();
            case HeadContract.Epic epic -> List.of(epic.importance(), epic.quality());
            case HeadContract.Mlm _, HeadContract.Sparta _, HeadContract.Table _, HeadContract.Binary _ -> List.of();
        };
    }
}
