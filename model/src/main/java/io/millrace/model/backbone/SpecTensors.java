package io.millrace.model.backbone;

import io.millrace.model.architecture.EmbeddingSpec;
import io.millrace.model.architecture.LayerSpec;
import io.millrace.model.architecture.LinearSpec;
import io.millrace.model.architecture.NormSpec;
import io.millrace.model.architecture.StackSpec;
import io.millrace.model.architecture.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Every tensor of a stack but T5's table of distances, in the groups in which they are used.
 *
 * @param stack to list
 */
record SpecTensors(StackSpec stack) {
    List<List<TensorSpec>> all() {
        List<List<TensorSpec>> groups = new ArrayList<>();
        EmbeddingSpec embedding = stack.embedding();
        groups.add(List.of(embedding.words()));
        embedding.positions().ifPresent(positions -> {
            groups.add(List.of(positions.table()));
            positions.types().ifPresent(types -> groups.add(List.of(types)));
        });
        norm(groups, embedding.norm());
        linear(groups, embedding.project());
        stack.layers().forEach(layer -> layer(groups, layer));
        norm(groups, stack.finalNorm());
        linear(groups, stack.projectOut());
        return groups;
    }

    private static void layer(List<List<TensorSpec>> groups, LayerSpec layer) {
        norm(groups, layer.attentionNorm());
        linear(groups, layer.attention().input());
        norm(groups, layer.attention().queryNorm());
        norm(groups, layer.attention().keyNorm());
        linear(groups, layer.attention().output());
        layer.cross().ifPresent(cross -> {
            norm(groups, cross.norm());
            linear(groups, cross.query());
            linear(groups, cross.keyValue());
            linear(groups, cross.output());
        });
        norm(groups, layer.feedForwardNorm());
        linear(groups, layer.expand());
        linear(groups, layer.contract());
    }

    private static void norm(List<List<TensorSpec>> groups, Optional<NormSpec> norm) {
        norm.ifPresent(some -> norm(groups, some));
    }

    private static void norm(List<List<TensorSpec>> groups, NormSpec norm) {
        groups.add(List.of(norm.scale()));
        norm.shift().ifPresent(shift -> groups.add(List.of(shift)));
    }

    private static void linear(List<List<TensorSpec>> groups, Optional<LinearSpec> linear) {
        linear.ifPresent(some -> linear(groups, some));
    }

    private static void linear(List<List<TensorSpec>> groups, LinearSpec linear) {
        groups.add(linear.weights());
        if (!linear.biases().isEmpty()) {
            groups.add(linear.biases());
        }
    }
}
