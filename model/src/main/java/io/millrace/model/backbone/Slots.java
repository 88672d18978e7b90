package io.millrace.model.backbone;

import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.architecture.EmbeddingSpec.PositionTable;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.NormSpec;
import io.millrace.model.architecture.TensorSpec;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.LinearPacker.Inputs;
import io.millrace.model.engine.PackedParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills the flat lists of tensors that kernels take, reading each weight when its turn comes. */
final class Slots {
    private final PackedParameters parameters;
    private final PtNDManager owner;
    private final PtNDArray none;
    private final List<PtNDArray> tensors = new ArrayList<>();

    Slots(PackedParameters parameters, PtNDManager owner) {
        this.parameters = parameters;
        this.owner = owner;
        this.none = parameters.place((PtNDArray) owner.zeros(new Shape(0)), owner);
    }

    private PtNDArray array(TensorSpec tensor) {
        return parameters.place(parameters.plain().array(tensor, owner), owner);
    }

    /** One slot: a table that is looked up by row. */
    void table(TensorSpec table) {
        tensors.add(parameters.table(table));
    }

    /** One slot: embeddings of positions from that of the first token on. */
    void positions(Optional<PositionTable> positions) {
        if (positions.isEmpty()) {
            empty(1);
            return;
        }
        PositionTable table = positions.get();
        PtNDArray rows = array(table.table());
        tensors.add(table.first() == 0 ? rows : (PtNDArray) rows.get(table.first() + ":"));
    }

    /** One slot: embeddings of segments. */
    void segments(Optional<PositionTable> positions) {
        positions.flatMap(PositionTable::types).ifPresentOrElse(types -> tensors.add(array(types)), () -> empty(1));
    }

    /** Two slots: scale and shift. */
    void norm(NormSpec norm) {
        tensors.add(array(norm.scale()));
        tensors.add(norm.shift().map(this::array).orElse(none));
    }

    /** Two slots, empty for none. */
    void norm(Optional<NormSpec> norm) {
        norm.ifPresentOrElse(this::norm, () -> empty(2));
    }

    /** Three slots. */
    void linear(LinearSpec linear) {
        linear(linear, Inputs.ANY);
    }

    /** Three slots of a layer of whose inputs something is known. */
    void linear(LinearSpec linear, Inputs inputs) {
        tensors.addAll(List.of(parameters.linear(linear, inputs)));
    }

    /** Three slots, empty for none. */
    void linear(Optional<LinearSpec> linear) {
        linear.ifPresentOrElse(this::linear, () -> empty(LinearPacker.SLOTS));
    }

    private void empty(int slots) {
        for (int i = 0; i < slots; i++) {
            tensors.add(none);
        }
    }

    /** What was filled in since the last call. */
    IValue take() {
        IValue list = IValue.listFrom(tensors.toArray(PtNDArray[]::new));
        tensors.clear();
        return list;
    }
}
