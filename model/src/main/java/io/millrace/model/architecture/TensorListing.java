package io.millrace.model.architecture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Every tensor that a part of a model asks of a checkpoint, known without weights.
 *
 * @param groups tensors that are used as one array, in the order in which they are read; a table that two stacks share
 *     comes twice
 */
public record TensorListing(List<Group> groups) {
    /** What tensors are used as, which decides how they are held in memory. */
    public enum Use {
        /** A large table of which rows are looked up: word embeddings. */
        TABLE,
        /** Weights of linear layers. */
        LINEAR,
        /** The projection to the vocabulary. */
        PROJECTION,
        /** Biases, norms, positions and segments. */
        OTHER
    }

    /**
     * Tensors that are stacked.
     *
     * @param use what they are used as
     * @param tensors of one width
     */
    public record Group(Use use, List<TensorSpec> tensors) {
        /** Copies the list. */
        public Group {
            tensors = List.copyOf(tensors);
        }
    }

    /** Copies the list. */
    public TensorListing {
        groups = List.copyOf(groups);
    }

    /** The tensors of one or two stacks. */
    public static TensorListing of(BackboneSpec backbone) {
        List<Group> groups = new ArrayList<>();
        backbone.encoder().ifPresent(encoder -> groups.addAll(of(encoder).groups));
        groups.addAll(of(backbone.reader()).groups);
        return new TensorListing(groups);
    }

    /** The tensors of a stack. */
    public static TensorListing of(StackSpec stack) {
        List<Group> groups = new ArrayList<>();
        EmbeddingSpec embedding = stack.embedding();
        groups.add(new Group(Use.TABLE, List.of(embedding.words())));
        embedding.positions().ifPresent(positions -> {
            other(groups, positions.table());
            positions.types().ifPresent(types -> other(groups, types));
        });
        embedding.norm().ifPresent(norm -> norm(groups, norm));
        embedding.project().ifPresent(project -> linear(groups, project));
        if (stack.positions() instanceof PositionScheme.Relative relative) {
            other(groups, relative.table());
        }
        stack.layers().forEach(layer -> layer(groups, layer));
        stack.finalNorm().ifPresent(norm -> norm(groups, norm));
        stack.projectOut().ifPresent(project -> linear(groups, project));
        return new TensorListing(groups);
    }

    /** The tensors of a projection to the vocabulary, its bias under the first of its names. */
    public static TensorListing of(ProjectionSpec projection) {
        List<Group> groups = new ArrayList<>();
        projection.transform().ifPresent(transform -> {
            linear(groups, transform.dense());
            norm(groups, transform.norm());
        });
        groups.add(new Group(Use.PROJECTION, List.of(projection.weight())));
        projection.bias().ifPresent(bias -> other(groups, bias.tensor()));
        return new TensorListing(groups);
    }

    private static void layer(List<Group> groups, LayerSpec layer) {
        layer.attentionNorm().ifPresent(norm -> norm(groups, norm));
        linear(groups, layer.attention().input());
        layer.attention().queryNorm().ifPresent(norm -> norm(groups, norm));
        layer.attention().keyNorm().ifPresent(norm -> norm(groups, norm));
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

    private static void norm(List<Group> groups, NormSpec norm) {
        other(groups, norm.scale());
        norm.shift().ifPresent(shift -> other(groups, shift));
    }

    private static void linear(List<Group> groups, LinearSpec linear) {
        groups.add(new Group(Use.LINEAR, linear.weights()));
        if (!linear.biases().isEmpty()) {
            groups.add(new Group(Use.OTHER, linear.biases()));
        }
    }

    private static void other(List<Group> groups, TensorSpec tensor) {
        groups.add(new Group(Use.OTHER, List.of(tensor)));
    }

    /** Shape of each tensor by its name, in the order in which they are first read. */
    public Map<String, List<Long>> shapes() {
        Map<String, List<Long>> shapes = new LinkedHashMap<>();
        groups.forEach(group -> group.tensors().forEach(tensor -> shapes.put(tensor.name(), tensor.shape())));
        return shapes;
    }
}
