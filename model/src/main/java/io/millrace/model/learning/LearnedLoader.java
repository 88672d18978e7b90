package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.BackboneSpec;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.TensorListing;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.LearnedBackbone;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.LearnedHead;
import io.millrace.model.head.learned.LearnedMlmHead;
import io.millrace.model.safetensors.TensorSource;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Reads what a transformer's roles need of its weights, to be learned. */
final class LearnedLoader {
    private final Path directory;
    private final Architecture architecture;
    private final LearningOptions options;
    private final LearnedWeights weights = new LearnedWeights();
    private final NeededWeights needed;

    /**
     * What an encoder is for.
     *
     * @param contracts of the roles that it serves
     * @param special ids that the special-token policy is about
     */
    record Roles(Map<TextRole, RoleContract> contracts, Set<Integer> special) {}

    private LearnedLoader(Path directory, Architecture architecture, TensorSource source, LearningOptions options) {
        this.directory = directory;
        this.architecture = architecture;
        this.needed = new NeededWeights(directory, new Parameters(source, architecture.backbonePrefix()));
        this.options = options;
    }

    /**
     * Loads an encoder.
     *
     * @param directory of the checkpoint, for messages
     * @param source its weights; may be closed afterwards
     * @throws InvalidModelException if a weight is missing or of another shape, or a head is not one that is learned
     */
    static LearnedEncoder load(
            Path directory, Architecture architecture, TensorSource source, Roles roles, LearningOptions options) {
        PyTorchRuntime.start();
        LearnedLoader loader = new LearnedLoader(directory, architecture, source, options);
        KernelLibrary kernels = KernelLibrary.load(Placement.CPU)
                .orElseThrow(() -> new InvalidModelException(
                        "libtorch's kernels do not load here (see the log), and nothing is learned without them"));
        try {
            return loader.load(kernels, roles.contracts(), roles.special());
        } catch (RuntimeException e) {
            loader.weights.close();
            kernels.close();
            throw e;
        }
    }

    private LearnedEncoder load(KernelLibrary kernels, Map<TextRole, RoleContract> roles, Set<Integer> special) {
        Map<TextRole, LearnedHead> heads = new EnumMap<>(TextRole.class);
        LearnedHeads maker = new LearnedHeads(kernels, architecture, needed);
        roles.forEach((role, contract) -> {
            needed.require(
                    TensorListing.of(architecture.backbone(contract.reading().mode())));
            heads.put(role, maker.head(contract));
        });
        read(roles);
        Map<ReadingMode, LearnedBackbone> backbones = new HashMap<>();
        Map<TextRole, LearnedEncoder.Part> parts = new EnumMap<>(TextRole.class);
        roles.forEach((role, contract) -> parts.put(
                role,
                new LearnedEncoder.Part(
                        layout(contract, special),
                        backbones.computeIfAbsent(
                                contract.reading().mode(),
                                mode -> new LearnedBackbone(
                                        kernels, architecture.backbone(mode), longestRow(mode, roles))),
                        Objects.requireNonNull(heads.get(role)),
                        contract.head().outputs())));
        Optional<LanguagePart> language = roles.entrySet().stream()
                .filter(role -> role.getValue().head() instanceof HeadContract.Mlm)
                .map(role -> ((LearnedMlmHead) Objects.requireNonNull(heads.get(role.getKey()))).projection())
                .filter(projection -> architecture.readings().contains(ReadingMode.CAUSAL))
                .findFirst()
                .map(projection -> new LanguagePart(
                        kernels, architecture.backbone(ReadingMode.CAUSAL), projection, architecture.maxPositions()));
        return new LearnedEncoder(
                kernels, weights, new LearnedEncoder.Parts(parts, language), backbones, options.lanes());
    }

    private static int longestRow(ReadingMode mode, Map<TextRole, RoleContract> roles) {
        return roles.values().stream()
                .filter(role -> role.reading().mode() == mode)
                .mapToInt(role -> mode == ReadingMode.ECHO ? 2 * role.maxTokens() : role.maxTokens() + 1)
                .max()
                .orElse(1);
    }

    private InputLayout layout(RoleContract contract, Set<Integer> ids) {
        if (contract.reading().alignment() == Alignment.REFERENCE) {
            throw new InvalidModelException(directory
                    + ": reading.alignment is reference, where a text's vector depends on the texts beside it; learn with "
                    + "alignment invariant");
        }
        BitSet special = new BitSet();
        ids.forEach(special::set);
        return new InputLayout(
                contract.reading(), special, architecture.decoderStart().orElse(0), 0);
    }

    private void read(Map<TextRole, RoleContract> roles) {
        Parameters parameters = needed.parameters();
        options.requireFrozen(needed.stored().stream().map(TensorSpec::name).toList());
        boolean whole = options.adapter().isEmpty();
        for (TensorSpec tensor : needed.stored()) {
            weights.add(
                    tensor.name(), parameters.array(tensor, weights.owner()), whole && !options.freezes(tensor.name()));
            weights.stored(tensor.name(), parameters.storedName(tensor.name()));
        }
        needed.byHandAlone().forEach(weights::byHandAlone);
        needed.duplicates().forEach(weights::duplicate);
        for (LinearSpec layer : needed.fresh()) {
            Stream.concat(layer.weights().stream(), layer.biases().stream())
                    .forEach(tensor ->
                            weights.add(tensor.name(), uniform(tensor.name(), tensor.shape(), layer.in()), true));
        }
        options.adapter().ifPresent(adapter -> adapt(adapter, layers(roles)));
    }

    /** Names of the weights that linear layers have, in stacks and in the transform behind them. */
    private Set<String> layers(Map<TextRole, RoleContract> roles) {
        Set<String> names = new HashSet<>();
        for (RoleContract role : roles.values()) {
            ReadingMode mode = role.reading().mode();
            BackboneSpec backbone = architecture.backbone(mode);
            Stream.concat(Stream.of(backbone.reader()), backbone.encoder().stream())
                    .flatMap(stack -> stack.layers().stream())
                    .flatMap(layer -> layer.linears().stream())
                    .forEach(linear -> linear.weights().forEach(weight -> names.add(weight.name())));
            architecture
                    .projection(mode)
                    .transform()
                    .ifPresent(transform -> transform.dense().weights().forEach(weight -> names.add(weight.name())));
        }
        return names;
    }

    /** Adds adapters; layers: names of the weights whose adapters can have dropout. */
    private void adapt(AdapterOptions adapter, Set<String> layers) {
        List<TensorSpec> targets = needed.stored().stream()
                .filter(tensor ->
                        adapter.targets(tensor.name()) && tensor.shape().size() == 2)
                .toList();
        if (targets.isEmpty()) {
            throw new InvalidModelException(
                    directory + ": no weight belongs to a module named " + adapter.targets() + "; the weights are "
                            + needed.stored().stream().map(TensorSpec::name).toList());
        }
        for (TensorSpec target : targets) {
            boolean table = needed.tables().contains(target.name());
            if (table || (adapter.dropout() > 0 && !layers.contains(target.name()))) {
                throw new InvalidModelException(directory + ": an adapter is to be learned of " + target.name()
                        + (table
                                ? ", whose rows states are multiplied with; name modules of layers"
                                : " with dropout, which only layers and the head's transform have; name others, or leave"
                                        + " dropout out"));
            }
            long out = target.shape().get(0);
            long in = target.shape().get(1);
            String module = target.name().substring(0, target.name().length() - ".weight".length());
            String down = AdapterNames.down(module);
            String up = AdapterNames.up(module);
            weights.add(down, uniform(down, List.of((long) adapter.rank(), in), in), true);
            weights.add(up, (PtNDArray) ((NDManager) weights.owner()).zeros(new Shape(out, adapter.rank())), true);
            weights.adapt(target.name(), new LearnedWeights.LowRank(down, up, adapter.scale()));
        }
    }

    /** What torch.nn.Linear begins with, U(-1/√in, 1/√in), drawn by the tensor's name. */
    private PtNDArray uniform(String name, List<Long> shape, long in) {
        SplittableRandom random = new SplittableRandom(name.hashCode());
        long size = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
        float[] values = new float[Math.toIntExact(size)];
        double bound = 1 / Math.sqrt((double) in);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-bound, bound);
        }
        // A copy, because libtorch would share the array's memory, which Java may take back.
        return (PtNDArray) ((NDManager) weights.owner())
                .create(
                        values,
                        new Shape(shape.stream().mapToLong(Long::longValue).toArray()))
                .duplicate();
    }
}
