package io.millrace.model.architecture;

import java.util.List;
import java.util.Optional;

/**
 * A whole stack: embeddings, layers, final norm, final projection.
 *
 * @param shape of all layers
 * @param embedding what the first layer reads
 * @param positions how attention knows positions
 * @param layers first to last
 * @param finalNorm after the last layer; empty for none
 * @param projectOut from H to the width that a head reads; empty for none
 */
public record StackSpec(
        StackShape shape,
        EmbeddingSpec embedding,
        PositionScheme positions,
        List<LayerSpec> layers,
        Optional<NormSpec> finalNorm,
        Optional<LinearSpec> projectOut) {
    /** Copies the layers. */
    public StackSpec {
        layers = List.copyOf(layers);
    }

    /** Width of the states that come out. */
    public int outputWidth() {
        return projectOut.map(project -> (int) project.out()).orElse(shape.hidden());
    }
}
