package io.millrace.trainer.data;

/**
 * Random numbers that depend on what they are for and on nothing else: the same (seed, epoch, item) gives the same
 * numbers, whatever was drawn before and on whichever thread. So a run that is resumed draws what the uninterrupted one
 * would have drawn. SplitMix64 (Steele, Lea and Flood 2014). For one thread.
 */
public final class Draws {
    private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

    private long state;

    private Draws(long state) {
        this.state = state;
    }

    /** Numbers for one item in one epoch of a seeded run. */
    public static Draws of(long seed, long epoch, long item) {
        return new Draws(mix(mix(mix(seed) ^ (epoch + GOLDEN_GAMMA)) ^ (item + GOLDEN_GAMMA)));
    }

    /** The next 64 bits. */
    public long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /**
     * A number in [0, bound), each as likely as any other but for less than bound / 2<sup>64</sup>.
     *
     * @throws IllegalArgumentException if the bound is below 1
     */
    public long below(long bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("cannot draw from " + bound + " things; there must be 1 at least");
        }
        return Math.unsignedMultiplyHigh(next(), bound);
    }

    /** Spreads every bit of a number over all of them; a bijection (Stafford's variant 13). */
    public static long mix(long bits) {
        long z = bits;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
