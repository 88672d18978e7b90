package io.millrace.model.architecture;

import java.util.Optional;

/** How attention knows positions. */
public sealed interface PositionScheme {
    /** It does not: the embeddings carry them. */
    record Embedded() implements PositionScheme {}

    /**
     * Rotation of queries and keys by angles that grow with the position (Su et al. 2021, RoPE).
     *
     * @param global angles of layers that see the whole text
     * @param local of layers that see a window; empty where there are none
     */
    record Rotary(Rotation global, Optional<Window> local) implements PositionScheme {}

    /**
     * Local attention.
     *
     * @param rotation angles of local layers
     * @param reach positions seen to each side, the own one not counted
     */
    record Window(Rotation rotation, int reach) {}

    /**
     * A bias by distance, in buckets that widen with it, shared by all layers (Raffel et al. 2020, T5).
     *
     * @param table [buckets, A]
     * @param buckets number of buckets
     * @param maxDistance from which on all distances share a bucket
     * @param bidirectional whether half of the buckets are for what stands after a position
     */
    record Relative(TensorSpec table, int buckets, int maxDistance, boolean bidirectional) implements PositionScheme {
        /**
         * Bucket of a key's position less the query's.
         *
         * @param distance negative for what stands before
         */
        public int bucket(int distance) {
            int range = bidirectional ? buckets / 2 : buckets;
            int offset = bidirectional && distance > 0 ? range : 0;
            int reach = bidirectional ? Math.abs(distance) : Math.max(-distance, 0);
            int exact = range / 2;
            if (reach < exact) {
                return offset + reach;
            }
            // In fp32, as the reference computes it: at some distances the bucket depends on it.
            float share = (float) Math.log((float) reach / exact) / (float) Math.log((double) maxDistance / exact);
            return offset + Math.min(exact + (int) (share * (range - exact)), range - 1);
        }
    }
}
