package io.millrace.trainer.data.stream;

import io.millrace.trainer.data.Draws;
import java.util.Objects;

/**
 * A permutation of [0, size) that takes no memory, whatever the size: a Feistel network over the next even number of bits,
 * applied again until the result is in range (Black and Rogaway 2002, "Ciphers with Arbitrary Finite Domains", §3), which
 * is less than four times on average, or more for sizes below 64. Immutable.
 */
public final class EpochOrder {
    /** Four rounds make a random permutation of a random function (Luby and Rackoff 1988); two more for the weak one. */
    private static final int ROUNDS = 6;

    /** Narrower halves leave too few round functions: of five items, some orders came 1.4 times as often as others. */
    private static final int LEAST_HALF_BITS = 4;

    private final long size;
    private final int halfBits;
    private final long halfMask;
    private final long[] keys = new long[ROUNDS];

    /** The order of an epoch of a seeded run. */
    public EpochOrder(long seed, long epoch, long size) {
        this.size = size;
        int bits = Long.SIZE - Long.numberOfLeadingZeros(Math.max(0, size - 1));
        this.halfBits = Math.max(LEAST_HALF_BITS, (bits + 1) / 2);
        this.halfMask = (1L << halfBits) - 1;
        // An item that is far beyond any real one, so that the order shares no draws with the groups.
        Draws draws = Draws.of(seed, epoch, -1);
        for (int i = 0; i < ROUNDS; i++) {
            keys[i] = draws.next();
        }
    }

    /** The item at a position. */
    public long at(long position) {
        Objects.checkIndex(position, size);
        long value = position;
        do {
            value = permuted(value);
        } while (value >= size);
        return value;
    }

    private long permuted(long value) {
        long left = value >>> halfBits;
        long right = value & halfMask;
        for (long key : keys) {
            long next = left ^ (Draws.mix(right ^ key) & halfMask);
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }
}
