package io.millrace.model.learning;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.ProjectionSpec;
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
import io.millrace.model.head.learned.LearnedTokenHead;
import io.millrace.model.safetensors.TensorSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/** Reads what a transformer's roles need of its weights, to be learned. */
final class LearnedLoader {
    private final Path directory;
    private final Architecture architecture;
    private final Parameters parameters;
    private final LearningOptions options;
    private final LearnedWeights weights = new LearnedWeights();
    /** Shape of every weight, in a fixed order. */
    private final Map<String, TensorSpec> needed = new LinkedHashMap<>();
    /** Weights of new heads, which begin at random. */
    private final List<TensorSpec> fresh = new ArrayList<>();

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
        this.parameters = new Parameters(source, architecture.backbonePrefix());
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
        roles.forEach((role, contract) -> {
            require(TensorListing.of(architecture.backbone(contract.reading().mode())));
            heads.put(role, head(role, contract, kernels));
        });
        read();
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
        Optional<LanguagePart> language = heads.values().stream()
                .filter(LearnedMlmHead.class::isInstance)
                .map(LearnedMlmHead.class::cast)
                .filter(head -> architecture.readings().contains(ReadingMode.CAUSAL))
                .findFirst()
                .map(head -> new LanguagePart(
                        kernels, architecture.backbone(ReadingMode.CAUSAL), head, architecture.maxPositions()));
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

    private LearnedHead head(TextRole role, RoleContract contract, KernelLibrary kernels) {
        ReadingMode mode = contract.reading().mode();
        return switch (contract.head()) {
            case HeadContract.Mlm mlm -> languageModel(mlm, mode, kernels);
            case HeadContract.Mlp mlp -> perToken(mlp, mode);
            case HeadContract.Epic epic -> throw notLearned(role, epic);
            case HeadContract.Sparta sparta -> throw notLearned(role, sparta);
            case HeadContract.Table table -> throw notLearned(role, table);
            case HeadContract.Binary binary -> throw notLearned(role, binary);
        };
    }

    private InvalidModelException notLearned(TextRole role, HeadContract head) {
        return new InvalidModelException(directory + ": the head of a " + role + " is " + head.kind()
                + ", which is not learned; the heads that are learned are mlm and mlp");
    }

    private LearnedHead languageModel(HeadContract.Mlm contract, ReadingMode mode, KernelLibrary kernels) {
        ProjectionSpec projection = architecture.projection(mode);
        TensorSpec words = architecture.backbone(mode).reader().embedding().words();
        projection.transform().ifPresent(transform -> {
            require(transform.dense());
            require(transform.norm().scale());
            transform.norm().shift().ifPresent(this::require);
        });
        boolean tied = tied(projection.weight(), words);
        if (tied) {
            weights.duplicate(parameters.storedName(projection.weight().name()));
        }
        TensorSpec table = tied ? words : projection.weight();
        require(table);
        projection
                .bias()
                .filter(spec -> parameters.contains(spec.tensor().name()))
                .ifPresent(spec -> weights.duplicate(parameters.storedName(spec.otherName())));
        Optional<TensorSpec> bias = projection
                .bias()
                .map(spec -> parameters.contains(spec.tensor().name())
                        ? spec.tensor()
                        : new TensorSpec(spec.otherName(), spec.tensor().shape()));
        bias.ifPresent(tensor -> {
            require(tensor);
            weights.byHandAlone(tensor.name());
        });
        if (!table.equals(words)) {
            weights.byHandAlone(table.name());
        }
        return new LearnedMlmHead(kernels, contract, projection, table, bias);
    }

    /** Whether a projection is the word embeddings: left out of the file, or there with the same values. */
    private boolean tied(TensorSpec projection, TensorSpec words) {
        if (!parameters.contains(projection.name())) {
            return true;
        }
        if (!projection.shape().equals(words.shape())) {
            return false;
        }
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            return parameters.array(projection, local).contentEquals(parameters.array(words, local));
        }
    }

    private LearnedHead perToken(HeadContract.Mlp contract, ReadingMode mode) {
        List<LinearSpec> layers = new ArrayList<>();
        long in = architecture.backbone(mode).reader().outputWidth();
        for (int i = 0; i < contract.layers().size(); i++) {
            String name = contract.layers().get(i);
            boolean last = i == contract.layers().size() - 1;
            boolean stored = parameters.contains(name + ".weight");
            long out = last || !stored ? 1 : parameters.rows(name + ".weight");
            LinearSpec layer = LinearSpec.of(name, out, in, true);
            layers.add(layer);
            if (stored) {
                require(layer);
            } else if (contract.layers().size() == 1) {
                fresh.addAll(layer.weights());
                fresh.addAll(layer.biases());
            } else {
                throw new InvalidModelException(directory + ": the weights have no " + name
                        + ".weight; a new head begins with one layer, so name one, or give the weights of all");
            }
            in = out;
        }
        return new LearnedTokenHead(contract, layers);
    }

    private void require(TensorListing listing) {
        listing.groups().forEach(group -> group.tensors().forEach(this::require));
    }

    private void require(LinearSpec layer) {
        layer.weights().forEach(this::require);
        layer.biases().forEach(this::require);
    }

    private void require(TensorSpec tensor) {
        parameters.require(tensor);
        needed.put(tensor.name(), tensor);
    }

    private void read() {
        options.requireFrozen(List.copyOf(needed.keySet()));
        boolean whole = options.adapter().isEmpty();
        needed.values().forEach(tensor -> {
            weights.add(
                    tensor.name(), parameters.array(tensor, weights.owner()), whole && !options.freezes(tensor.name()));
            weights.stored(tensor.name(), parameters.storedName(tensor.name()));
        });
        for (TensorSpec tensor : fresh) {
            if (!weights.contains(tensor.name())) {
                weights.add(tensor.name(), uniform(tensor.name(), tensor.shape(), width(tensor)), true);
            }
        }
        options.adapter().ifPresent(this::adapt);
    }

    /** Inputs of a head of one layer, which its bias has too. */
    private long width(TensorSpec tensor) {
        return tensor.shape().size() > 1
                ? tensor.shape().get(1)
                : fresh.getFirst().shape().get(1);
    }

    private void adapt(AdapterOptions adapter) {
        List<TensorSpec> targets = needed.values().stream()
                .filter(tensor ->
                        adapter.targets(tensor.name()) && tensor.shape().size() == 2)
                .toList();
        if (targets.isEmpty()) {
            throw new InvalidModelException(directory + ": no weight belongs to a module named " + adapter.targets()
                    + "; the weights are " + List.copyOf(needed.keySet()));
        }
        for (TensorSpec target : targets) {
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
