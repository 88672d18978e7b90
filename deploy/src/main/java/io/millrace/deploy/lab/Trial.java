package io.millrace.deploy.lab;

import io.millrace.model.contract.ReadingMode;
import java.util.Locale;

/**
 * One contrastive training. Trials that differ in their arm alone see the same texts in the same order and take the same steps at
 * the same rates.
 *
 * @param arm what the decoder learned before
 * @param mode how it reads texts
 * @param rate learning rate at its peak
 * @param lambda weight of both FLOPS regularisers
 * @param seed of the decoder's first weights, and of the order of all texts
 */
record Trial(Arm arm, ReadingMode mode, double rate, double lambda, int seed) {
    /** What a decoder learned before it is contrasted. */
    enum Arm {
        /** Nothing: random weights. */
        RANDOM,
        /** To predict the next token. */
        PLAIN,
        /** To predict the next token, and in as many of its steps as PLAIN took to end with, by rectified logits too. */
        ADAPTED;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What all of its seeds and both arms have in common. */
    Setting setting() {
        return new Setting(mode, rate, lambda);
    }

    /** Name of its folder. */
    String name() {
        return String.format(Locale.ROOT, "%s-%s-%s-%d", setting().name(), arm.label(), "seed", seed);
    }

    /** What is varied, beside arms and seeds. */
    record Setting(ReadingMode mode, double rate, double lambda) {
        String name() {
            return String.format(
                    Locale.ROOT, "%s-%s-%s", mode.name().toLowerCase(Locale.ROOT), number(rate), number(lambda));
        }

        String label() {
            return String.format(
                    Locale.ROOT,
                    "%s, rate %s, λ %s",
                    mode.name().toLowerCase(Locale.ROOT),
                    number(rate),
                    number(lambda));
        }
    }

    /** A number as short as it can be. */
    static String number(double value) {
        return value == 0 || value >= 1e-2
                ? String.valueOf(value)
                : String.format(Locale.ROOT, "%.1e", value).replace(".0e", "e").replace("e-0", "e-");
    }
}
