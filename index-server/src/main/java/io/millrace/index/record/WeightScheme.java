package io.millrace.index.record;

/**
 * How a generation keeps its weights, fixed when the shard is created.
 *
 * @param format floats as they are, or 8-bit impacts
 * @param maxWeight with {@link Format#UINT8}, the weight that maps to impact 255; 0 with {@link Format#FLOAT32}
 */
public record WeightScheme(Format format, float maxWeight) {
    /** Largest impact. */
    public static final int MAX_IMPACT = 255;

    /** The two ways to keep a weight. Codes are stored: never reuse one. */
    public enum Format {
        /** 4 bytes a posting; scores equal the dot product. */
        FLOAT32(1, Float.BYTES),
        /** 1 byte a posting; scores are within the quantisation step. */
        UINT8(2, Byte.BYTES);

        private final int code;
        private final int bytes;

        Format(int code, int bytes) {
            this.code = code;
            this.bytes = bytes;
        }

        /** Number under which the format is stored. */
        public int code() {
            return code;
        }

        /** Bytes of one weight. */
        public int bytes() {
            return bytes;
        }
    }

    /** Refuses a scale that is not a finite number above 0 where one is needed. */
    public WeightScheme {
        if (format == Format.UINT8 && !(maxWeight > 0f && maxWeight < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("max_weight is " + maxWeight
                    + " but UINT8 needs the weight that maps to 255, finite and above 0; take it from sample vectors");
        }
        if (format == Format.FLOAT32) {
            maxWeight = 0f;
        }
    }

    /** Weights as they are. */
    public static WeightScheme float32() {
        return new WeightScheme(Format.FLOAT32, 0f);
    }

    /** Impacts of 1 to 255 under one scale. */
    public static WeightScheme uint8(float maxWeight) {
        return new WeightScheme(Format.UINT8, maxWeight);
    }

    /** Whether weights become impacts. */
    public boolean quantised() {
        return format == Format.UINT8;
    }

    /** Impact of a weight, 1 to 255: a weight above 0 never vanishes, a larger one than the scale is clipped. */
    public int impact(float weight) {
        return impact(weight, maxWeight);
    }

    /** Impact of a weight under a scale of its own, as for a query. */
    public static int impact(float weight, float scale) {
        // In double: weight * 255 may overflow a float.
        long rounded = Math.round((double) weight * MAX_IMPACT / scale);
        return Math.clamp(rounded, 1, MAX_IMPACT);
    }

    /** Whether the weight is larger than the scale can tell. */
    public boolean clips(float weight) {
        return quantised() && weight > maxWeight;
    }
}
