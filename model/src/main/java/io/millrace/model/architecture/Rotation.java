package io.millrace.model.architecture;

/**
 * Frequencies of rotary position embeddings.
 *
 * @param width rotated columns of a head
 * @param theta base
 * @param scaling change of the frequencies for texts longer than those of pre-training
 */
public record Rotation(int width, double theta, Scaling scaling) {
    /** How frequencies are changed. */
    public sealed interface Scaling {
        /** Not at all. */
        record None() implements Scaling {}

        /**
         * All divided alike.
         *
         * @param factor above 0
         */
        record Linear(double factor) implements Scaling {}

        /**
         * Low ones divided, high ones kept, between them a mix (Llama 3.1).
         *
         * @param factor of low frequencies
         * @param lowFactor wavelengths above {@code originalPositions / lowFactor} are low frequencies
         * @param highFactor wavelengths below {@code originalPositions / highFactor} are high ones
         * @param originalPositions of pre-training
         */
        record Llama3(double factor, double lowFactor, double highFactor, int originalPositions) implements Scaling {}
    }

    /** Radians a position, for each of the {@code width / 2} pairs of columns. */
    public float[] frequencies() {
        float[] frequencies = new float[width / 2];
        for (int i = 0; i < frequencies.length; i++) {
            // fp32 throughout, as the reference: angles at distant positions depend on the rounding.
            float frequency = 1f / (float) Math.pow(theta, (float) (2 * i) / width);
            frequencies[i] = switch (scaling) {
                case Scaling.None none -> frequency;
                case Scaling.Linear linear -> frequency / (float) linear.factor();
                case Scaling.Llama3 llama -> scaled(frequency, llama);
            };
        }
        return frequencies;
    }

    private static float scaled(float frequency, Scaling.Llama3 scaling) {
        double wavelength = 2 * Math.PI / frequency;
        double original = scaling.originalPositions();
        if (wavelength > original / scaling.lowFactor()) {
            return frequency / (float) scaling.factor();
        }
        if (wavelength < original / scaling.highFactor()) {
            return frequency;
        }
        double smooth = (original / wavelength - scaling.lowFactor()) / (scaling.highFactor() - scaling.lowFactor());
        return (float) ((1 - smooth) * frequency / scaling.factor() + smooth * frequency);
    }
}
