package io.millrace.model.learning;

import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.ProjectionSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.engine.KernelLibrary;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.learned.LearnedEpicHead;
import io.millrace.model.head.learned.LearnedHead;
import io.millrace.model.head.learned.LearnedMlmHead;
import io.millrace.model.head.learned.LearnedProjection;
import io.millrace.model.head.learned.LearnedTokenHead;
import io.millrace.model.head.learned.TermBias;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes the heads of roles, and says what they need.
 *
 * @param kernels that compute
 * @param architecture of the transformer
 * @param needed what is added to
 */
record LearnedHeads(KernelLibrary kernels, Architecture architecture, NeededWeights needed) {
    /**
     * The head of a role.
     *
     * @throws InvalidModelException if the checkpoint lacks a weight of it that cannot begin at random
     */
    LearnedHead head(RoleContract role) {
        ReadingMode mode = role.reading().mode();
        return switch (role.head()) {
            case HeadContract.Mlm mlm -> new LearnedMlmHead(mlm, languageModel(mode));
            case HeadContract.Sparta sparta -> sparta(sparta, mode);
            case HeadContract.Epic epic -> epic(epic, mode);
            case HeadContract.Mlp mlp -> perToken(mlp, mode);
            case HeadContract.Table _, HeadContract.Binary _ ->
                throw new IllegalArgumentException(
                        "a head of kind " + role.head().kind() + " needs no model");
        };
    }

    private TensorSpec words(ReadingMode mode) {
        return architecture.backbone(mode).reader().embedding().words();
    }

    private LearnedProjection languageModel(ReadingMode mode) {
        Parameters parameters = needed.parameters();
        ProjectionSpec projection = architecture.projection(mode);
        TensorSpec words = words(mode);
        projection.transform().ifPresent(transform -> {
            needed.require(transform.dense());
            needed.require(transform.norm().scale());
            transform.norm().shift().ifPresent(needed::require);
        });
        boolean tied = tied(projection.weight(), words);
        if (tied) {
            needed.duplicate(projection.weight().name());
        }
        TensorSpec table = tied ? words : projection.weight();
        needed.require(table);
        needed.table(table);
        projection
                .bias()
                .filter(spec -> parameters.contains(spec.tensor().name()))
                .ifPresent(spec -> needed.duplicate(spec.otherName()));
        Optional<TensorSpec> bias = projection
                .bias()
                .map(spec -> parameters.contains(spec.tensor().name())
                        ? spec.tensor()
                        : new TensorSpec(spec.otherName(), spec.tensor().shape()));
        bias.ifPresent(tensor -> {
            needed.require(tensor);
            needed.byHandAlone(tensor);
        });
        if (!table.equals(words)) {
            needed.byHandAlone(table);
        }
        return new LearnedProjection(
                kernels, projection.transform(), table, new TermBias.Each(bias), projection.scale());
    }

    /** Whether a projection is the word embeddings: left out of the file, or there with the same values. */
    private boolean tied(TensorSpec projection, TensorSpec words) {
        Parameters parameters = needed.parameters();
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

    private LearnedHead sparta(HeadContract.Sparta contract, ReadingMode mode) {
        TensorSpec words = words(mode);
        needed.require(words);
        needed.table(words);
        Optional<TensorSpec> bias = Optional.of(contract.bias())
                .filter(name -> !name.isEmpty())
                .map(name -> new TensorSpec(name, needed.parameters().shape(name)));
        bias.ifPresent(tensor -> {
            needed.require(tensor);
            needed.byHandAlone(tensor);
        });
        return new LearnedMlmHead(
                new HeadContract.Mlm(Pooling.MAX, Saturation.LOG1P, LogitAffine.IDENTITY, contract.outputs()),
                new LearnedProjection(
                        kernels, Optional.empty(), words, new TermBias.Shared(bias, contract.dropped()), 1));
    }

    private LearnedHead epic(HeadContract.Epic contract, ReadingMode mode) {
        LearnedProjection projection = languageModel(mode);
        LinearSpec importance = LinearSpec.of(contract.importance(), 1, width(mode), true);
        LinearSpec quality = LinearSpec.of(contract.quality(), 1, width(mode), true);
        needed.begin(importance);
        needed.begin(quality);
        return new LearnedEpicHead(contract, projection, importance, quality);
    }

    private long width(ReadingMode mode) {
        return architecture.backbone(mode).reader().outputWidth();
    }

    private LearnedHead perToken(HeadContract.Mlp contract, ReadingMode mode) {
        Parameters parameters = needed.parameters();
        List<LinearSpec> layers = new ArrayList<>();
        long in = width(mode);
        for (int i = 0; i < contract.layers().size(); i++) {
            String name = contract.layers().get(i);
            boolean last = i == contract.layers().size() - 1;
            boolean stored = parameters.contains(name + ".weight");
            if (!stored && contract.layers().size() > 1) {
                throw new InvalidModelException(needed.directory() + ": the weights have no " + name
                        + ".weight; a new head begins with one layer, so name one, or give the weights of all");
            }
            long out = last ? 1 : parameters.rows(name + ".weight");
            LinearSpec layer = LinearSpec.of(name, out, in, true);
            layers.add(layer);
            needed.begin(layer);
            in = out;
        }
        return new LearnedTokenHead(contract, layers);
    }
}
