package io.millrace.deploy.command;

import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.cli.SpaceOptions;
import io.millrace.v1.Collection;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.HybridSettings;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.WeightFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code collection}: creates, lists, describes and drops collections. */
@Command(
        name = "collection",
        mixinStandardHelpOptions = true,
        description = "Creates, lists, describes and drops collections.",
        footer = {
            "",
            "Examples:",
            "  millrace collection create papers --shards 2",
            "  millrace collection list -o json",
            "  millrace collection drop papers"
        })
public final class CollectionCommand implements Runnable {
    /** How weights are kept. */
    public enum Weights {
        /** 32-bit floats: exact scores. */
        FLOAT32(WeightFormat.WEIGHT_FORMAT_FLOAT32),
        /** 8-bit impacts: a quarter of the size. */
        UINT8(WeightFormat.WEIGHT_FORMAT_UINT8);

        private final WeightFormat wire;

        Weights(WeightFormat wire) {
            this.wire = wire;
        }
    }

    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** A command over a console. */
    public CollectionCommand(Console console) {
        this.console = console;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "say what to do: create, list, describe or drop");
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Creates an empty collection.")
    int create(
            @Mixin ServerOptions server,
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "NAME", description = "1 to 128 of a-z, 0-9, '-', '_'.") String name,
            @Option(
                            names = "--shards",
                            paramLabel = "N",
                            defaultValue = "0",
                            description = "Shards. Default: one for each index server.")
                    int shards,
            @Option(
                            names = "--weights",
                            paramLabel = "float32|uint8",
                            defaultValue = "float32",
                            description = "float32 scores exactly; uint8 takes less room. Default: float32.")
                    Weights weights,
            @Mixin SpaceOptions space) {
        try (MillraceClient client = server.connect()) {
            show(
                    client.createCollection(space.apply(CreateCollectionRequest.newBuilder())
                            .setName(name)
                            .setShards(shards)
                            .setWeightFormat(weights.wire)
                            .build()),
                    output);
            return ExitCode.OK;
        }
    }

    @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists all collections, by name.")
    int list(@Mixin ServerOptions server, @Mixin OutputOptions output) {
        try (MillraceClient client = server.connect()) {
            List<Collection> collections = client.listCollections();
            if (output.json()) {
                console.printJson(
                        collections.stream().map(CollectionCommand::fields).toList());
            } else {
                collections.forEach(c -> console.print(String.format(
                        Locale.ROOT,
                        "%-24s %,12d documents  %d shards  generation %d",
                        c.getName(),
                        c.getDocuments(),
                        c.getShardsCount(),
                        c.getGeneration())));
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "describe", mixinStandardHelpOptions = true, description = "Shows a collection with its shards.")
    int describe(
            @Mixin ServerOptions server,
            @Mixin OutputOptions output,
            @Parameters(paramLabel = "NAME", description = "Name of the collection.") String name) {
        try (MillraceClient client = server.connect()) {
            show(client.describeCollection(name), output);
            return ExitCode.OK;
        }
    }

    @Command(name = "drop", mixinStandardHelpOptions = true, description = "Removes a collection and its data.")
    int drop(
            @Mixin ServerOptions server,
            @Parameters(paramLabel = "NAME", description = "Name of the collection.") String name) {
        try (MillraceClient client = server.connect()) {
            client.dropCollection(name);
            console.say("Dropped " + name + ".");
            return ExitCode.OK;
        }
    }

    private void show(Collection collection, OutputOptions output) {
        Map<String, Object> fields = fields(collection);
        if (output.json()) {
            console.printJson(fields);
        } else {
            fields.forEach((name, value) -> console.print(name + ": " + value));
        }
    }

    private static Map<String, Object> fields(Collection collection) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", collection.getName());
        fields.put("documents", collection.getDocuments());
        fields.put("generation", collection.getGeneration());
        fields.put("epoch", collection.getEpoch());
        fields.put("spaceId", collection.getSpaceId());
        fields.put("weights", collection.getWeightFormat() == WeightFormat.WEIGHT_FORMAT_UINT8 ? "uint8" : "float32");
        fields.put("space", collection.hasHybrid() ? hybrid(collection.getHybrid()) : "learned");
        fields.put(
                "shards",
                collection.getShardsList().stream()
                        .map(CollectionCommand::shard)
                        .toList());
        return fields;
    }

    private static Map<String, Object> hybrid(HybridSettings settings) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("kind", "hybrid");
        fields.put("analyzer", settings.getAnalyzer());
        fields.put("k1", settings.getK1());
        fields.put("b", settings.getB());
        fields.put("averageLength", settings.getAverageLength());
        fields.put("mixingWeight", settings.getMixingWeight());
        return fields;
    }

    private static Map<String, Object> shard(ShardPlacement shard) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("shard", shard.getShard());
        fields.put("placementGroup", shard.getPlacementGroup());
        fields.put("indexServer", shard.getIndexServer());
        return fields;
    }
}
