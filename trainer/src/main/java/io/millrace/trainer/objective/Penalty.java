package io.millrace.trainer.objective;

import io.millrace.trainer.regularizer.Regularizer;
import io.millrace.trainer.schedule.Ramp;

/**
 * A regulariser of one side of the batch, with its own weight: λ_q R(q) or λ_d R(d) (Decoder4LSR, eq. 10).
 *
 * @param side what it presses on
 * @param regularizer R
 * @param lambda λ at the end of its ramp, finite and at least 0
 * @param ramp how λ rises
 */
public record Penalty(Side side, Regularizer regularizer, double lambda, Ramp ramp) {
    /** Queries or documents. */
    public enum Side {
        QUERIES,
        DOCUMENTS
    }

    /** @throws IllegalArgumentException if λ is negative or not a number */
    public Penalty {
        if (!(lambda >= 0 && lambda < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("lambda of " + regularizer.name() + " is " + lambda
                    + "; it must be finite and at least 0: a negative one would reward dense vectors");
        }
    }

    /** Name in reports, such as {@code flops_queries}. */
    public String name() {
        return regularizer.name() + (side == Side.QUERIES ? "_queries" : "_documents");
    }

    /** λ at a step, the first being 0. */
    public double lambdaAt(long step) {
        return lambda * ramp.factor(step);
    }
}
