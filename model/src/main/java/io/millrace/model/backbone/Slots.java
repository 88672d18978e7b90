package io.millrace.model.backbone;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.architecture.EmbeddingSpec;
import io.millrace.model.architecture.EmbeddingSpec.PositionTable;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.NormSpec;
import io.millrace.model.architecture.StackShape.FeedForward;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.engine.LinearPacker;
import io.millrace.model.engine.LinearPacker.Inputs;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fills the flat lists of tensors that kernels take, asking for each weight when its turn comes. */
final class Slots {
    private final SlotSource source;
    private final List<PtNDArray> tensors = new ArrayList<>();

    Slots(SlotSource source) {
        this.source = source;
    }

    /** What the first layer reads, see {@code embed} in {@code kernels/stack.py}. */
    List<PtNDArray> table(EmbeddingSpec embedding) {
        tensors.add(source.table(embedding.words()));
        positions(embedding.positions());
        norm(embedding.norm());
        linear(embedding.project());
        segments(embedding.positions());
        return take();
    }

    /** The slots of all layers, see {@code stack} there. */
    List<PtNDArray> layers(StackSpec spec) {
        FeedForward feedForward = spec.shape().feedForward();
        Inputs activated = feedForward.gated() ? Inputs.ANY : Inputs.after(feedForward.activation());
        for (LayerSpec layer : spec.layers()) {
            norm(layer.attentionNorm());
            linear(layer.attention().input());
            norm(layer.attention().queryNorm());
            norm(layer.attention().keyNorm());
            linear(layer.attention().output());
            norm(layer.feedForwardNorm());
            linear(layer.expand());
            linear(layer.contract(), activated);
            layer.cross().ifPresent(cross -> {
                norm(cross.norm());
                linear(cross.query());
                linear(cross.keyValue());
                linear(cross.output());
            });
        }
        return take();
    }

    /** What comes behind the last layer. */
    List<PtNDArray> last(StackSpec spec) {
        norm(spec.finalNorm());
        linear(spec.projectOut());
        return take();
    }

    /** One slot: embeddings of positions from that of the first token on. */
    private void positions(Optional<PositionTable> positions) {
        if (positions.isEmpty()) {
            empty(1);
            return;
        }
        PositionTable table = positions.get();
        PtNDArray rows = source.array(table.table());
        tensors.add(table.first() == 0 ? rows : (PtNDArray) rows.get(table.first() + ":"));
    }

    /** One slot: embeddings of segments. */
    private void segments(Optional<PositionTable> positions) {
        positions
                .flatMap(PositionTable::types)
                .ifPresentOrElse(types -> tensors.add(source.array(types)), () -> empty(1));
    }

    /** Two slots: scale and shift. */
    private void norm(NormSpec norm) {
        tensors.add(source.array(norm.scale()));
        tensors.add(norm.shift().map(source::array).orElse(source.none()));
    }

    /** Two slots, empty for none. */
    private void norm(Optional<NormSpec> norm) {
        norm.ifPresentOrElse(this::norm, () -> empty(2));
    }

    /** Three slots. */
    private void linear(LinearSpec linear) {
        linear(linear, Inputs.ANY);
    }

    /** Three slots of a layer of whose inputs something is known. */
    private void linear(LinearSpec linear, Inputs inputs) {
        tensors.addAll(source.linear(linear, inputs));
    }

    /** Three slots, empty for none. */
    private void linear(Optional<LinearSpec> linear) {
        linear.ifPresentOrElse(this::linear, () -> empty(LinearPacker.SLOTS));
    }

    private void empty(int slots) {
        for (int i = 0; i < slots; i++) {
            tensors.add(source.none());
        }
    }

    /** What was filled in since the last call. */
    private List<PtNDArray> take() {
        List<PtNDArray> list = List.copyOf(tensors);
        tensors.clear();
        return list;
    }
}
