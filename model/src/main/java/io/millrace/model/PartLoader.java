package io.millrace.model;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.ProjectionSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.backbone.ArrayBackbone;
import io.millrace.model.backbone.Backbone;
import io.millrace.model.backbone.KernelBackbone;
import io.millrace.model.contract.Alignment;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.PackedParameters;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.EpicHead;
import io.millrace.model.head.MlmArrayHead;
import io.millrace.model.head.MlmHeadWeights;
import io.millrace.model.head.MlmKernelHead;
import io.millrace.model.head.MlmScreenedHead;
import io.millrace.model.head.MlpHead;
import io.millrace.model.head.SparseHead;
import io.millrace.model.head.screening.Screening;
import io.millrace.model.head.screening.ScreeningLimits;
import io.millrace.model.head.screening.ScreeningProbe;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Loads backbones and heads; what queries and documents have in common is loaded once. */
final class PartLoader {
    private final Architecture architecture;
    private final EncodingContract contract;
    private final Parameters parameters;
    private final Optional<KernelLibrary> kernels;
    private final Optional<PackedParameters> packed;
    private final EncoderOptions options;
    private final Map<ReadingMode, Backbone> backbones = new HashMap<>();
    private final Map<HeadKey, SparseHead> heads = new HashMap<>();
    private final List<String> unused = new ArrayList<>();

    private record HeadKey(ReadingMode reading, Alignment alignment, HeadContract head) {}

    PartLoader(
            Architecture architecture,
            EncodingContract contract,
            Parameters parameters,
            Optional<KernelLibrary> kernels,
            EncoderOptions options) {
        this.architecture = architecture;
        this.contract = contract;
        this.parameters = parameters;
        this.kernels = kernels;
        this.packed = kernels.map(
                library -> new PackedParameters(parameters, new LinearPacker(library), options.precision()));
        this.options = options;
    }

    /** The weights that backbones and heads share, to be closed after them; nothing in the plain form. */
    Optional<PackedParameters> shared() {
        return packed;
    }

    /** The backbone of a role; a new one is handed to {@code keep}, to be closed. */
    Backbone backbone(RoleContract role, Consumer<AutoCloseable> keep) {
        return backbones.computeIfAbsent(role.reading().mode(), reading -> {
            unused.addAll(architecture.unused(reading));
            Backbone backbone;
            if (packed.isPresent()) {
                backbone = new KernelBackbone(
                        kernels.orElseThrow(), architecture.backbone(reading), packed.get(), longestRow(reading));
            } else {
                PtNDManager owner = PyTorchRuntime.newManager();
                keep.accept(owner);
                backbone = new ArrayBackbone(architecture.backbone(reading), parameters, owner);
            }
            keep.accept(backbone);
            return backbone;
        });
    }

    /** Most cells that a text takes under any role with that reading: a start token, or a text twice. */
    private int longestRow(ReadingMode reading) {
        return Stream.of(TextRole.values())
                .map(contract::role)
                .filter(role -> role.reading().mode() == reading)
                .mapToInt(role -> reading == ReadingMode.ECHO ? 2 * role.maxTokens() : role.maxTokens() + 1)
                .max()
                .orElse(1);
    }

    /** The head of a role; a new one is handed to {@code keep}, to be closed. */
    SparseHead head(RoleContract role, Consumer<AutoCloseable> keep) {
        return heads.computeIfAbsent(
                new HeadKey(role.reading().mode(), role.reading().alignment(), role.head()), key -> {
                    PtNDManager owner = PyTorchRuntime.newManager();
                    keep.accept(owner);
                    SparseHead head = switch (key.head()) {
                        case HeadContract.Mlm mlm ->
                            projected(weights(key.reading(), owner), key.reading(), mlm, owner);
                        case HeadContract.Mlp mlp -> {
                            unused.addAll(projectionNames(key.reading()));
                            yield MlpHead.read(parameters, mlp, width(key.reading()), owner);
                        }
                        case HeadContract.Epic epic -> epic(key.reading(), epic, key.alignment(), owner);
                        case HeadContract.Sparta sparta -> sparta(key.reading(), sparta, owner);
                        case HeadContract.Table table -> throw new IllegalArgumentException("a table needs no model");
                        case HeadContract.Binary binary ->
                            throw new IllegalArgumentException("binary weights need no model");
                    };
                    keep.accept(head);
                    return head;
                });
    }

    private int width(ReadingMode reading) {
        return architecture.backbone(reading).reader().outputWidth();
    }

    /** Weights of a language model's head, and the table of words if that is its projection too. */
    private record Tied(MlmHeadWeights weights, Optional<TensorSpec> words) {}

    private Tied weights(ReadingMode reading, PtNDManager owner) {
        TensorSpec words = architecture.backbone(reading).reader().embedding().words();
        ProjectionSpec projection = architecture.projection(reading);
        MlmHeadWeights weights = MlmHeadWeights.read(parameters, projection, words, owner);
        return new Tied(
                weights,
                Optional.of(words)
                        .filter(table ->
                                !parameters.contains(projection.weight().name())));
    }

    /** Over the table of words itself, which is held anyway, if it is the projection and shall not be held twice. */
    private MlmHeadWeights once(Tied tied, boolean wanted) {
        return tied.words()
                .filter(words -> wanted && packed.isPresent())
                .map(words -> tied.weights().over(packed.orElseThrow().table(words)))
                .orElse(tied.weights());
    }

    private SparseHead epic(ReadingMode reading, HeadContract.Epic epic, Alignment alignment, PtNDManager owner) {
        Tied tied = weights(reading, owner);
        return new EpicHead(once(tied, tied.weights().projection().large()), epic, alignment, parameters, owner);
    }

    private SparseHead sparta(ReadingMode reading, HeadContract.Sparta sparta, PtNDManager owner) {
        unused.addAll(projectionNames(reading));
        TensorSpec words = architecture.backbone(reading).reader().embedding().words();
        return projected(
                new Tied(MlmHeadWeights.sparta(parameters, sparta, words, owner), Optional.of(words)),
                reading,
                new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, sparta.outputs()),
                owner);
    }

    private SparseHead projected(Tied tied, ReadingMode reading, HeadContract.Mlm mlm, PtNDManager owner) {
        if (kernels.isEmpty()) {
            return new MlmArrayHead(tied.weights(), mlm);
        }
        Optional<ScreeningLimits> limits =
                mlm.pooling() == Pooling.MAX && Screening.affordable(mlm.outputs(), width(reading))
                        ? screening(reading, mlm.outputs())
                        : Optional.empty();
        // Screening looks terms up by row, as words are; products with all terms are faster with a packed copy.
        MlmHeadWeights weights =
                once(tied, limits.isPresent() || tied.weights().projection().large());
        SparseHead head = limits.map(found -> options.precision() == Precision.FP32 ? found : found.probable())
                .<SparseHead>map(found -> new MlmScreenedHead(kernels.get(), weights, mlm, options.precision(), found))
                .orElseGet(() -> new MlmKernelHead(kernels.get(), weights, mlm, options.precision()));
        // What is left are the originals of packed weights.
        owner.close();
        return head;
    }

    /** When terms are screened; empty for never. */
    private Optional<ScreeningLimits> screening(ReadingMode reading, int outputs) {
        return switch (options.kernels()) {
            case AUTO -> {
                OptionalDouble share = ScreeningProbe.share(kernels.orElseThrow(), width(reading));
                yield share.isEmpty()
                        ? Optional.empty()
                        : Optional.of(ScreeningLimits.measured(outputs, width(reading), share.getAsDouble()));
            }
            case SCREENED ->
                ScreeningProbe.exact(kernels.orElseThrow())
                        ? Optional.of(ScreeningLimits.forced(outputs))
                        : Optional.empty();
            case FUSED, PLAIN -> Optional.empty();
        };
    }

    /** A head without a projection leaves the language model's own unread. */
    private List<String> projectionNames(ReadingMode reading) {
        ProjectionSpec projection = architecture.projection(reading);
        List<String> names = new ArrayList<>(List.of(projection.weight().name()));
        projection.bias().ifPresent(bias -> names.addAll(List.of(bias.tensor().name(), bias.otherName())));
        projection.transform().ifPresent(transform -> {
            transform.dense().weights().forEach(tensor -> names.add(tensor.name()));
            transform.dense().biases().forEach(tensor -> names.add(tensor.name()));
            names.add(transform.norm().scale().name());
            transform.norm().shift().ifPresent(shift -> names.add(shift.name()));
        });
        return names;
    }

    /** Refuses a checkpoint that holds more than was read. */
    void refuseUnread() {
        parameters.refuseUnread(unused);
    }
}
