package io.millrace.deploy.lab;

import io.millrace.model.contract.ReadingMode;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the lab does.
 *
 * @param decoder to begin with
 * @param corpus what it reads
 * @param language how it learns the language
 * @param ranking how it learns to rank
 * @param sweep what is tried
 */
record LabPlan(RandomDecoder decoder, Corpus corpus, Language language, Ranking ranking, Sweep sweep) {
    /**
     * Texts.
     *
     * @param entries of WordNet that are read
     * @param heldOut of those with a sentence
     * @param vocabulary pieces of words
     */
    record Corpus(int entries, int heldOut, int vocabulary) {}

    /**
     * Next-token training: first alike for all, then with and without rectified logits.
     *
     * @param steps alike for all
     * @param adaptation steps of each arm after that
     * @param batch sequences
     * @param tokens of a sequence
     * @param rate learning rate at its peak
     */
    record Language(int steps, int adaptation, int batch, int tokens, double rate) {}

    /**
     * Contrastive training.
     *
     * @param steps of each trial
     * @param queries of a batch, whose documents are each other's negatives
     * @param tokens of a text at most
     * @param judged steps between judgements
     */
    record Ranking(int steps, int queries, int tokens, int judged) {}

    /** How decoders can be read. */
    private static final Set<ReadingMode> DECODERS =
            EnumSet.of(ReadingMode.CAUSAL, ReadingMode.ECHO, ReadingMode.BIDIRECTIONAL);

    /**
     * Trials.
     *
     * @param seeds number of seeds
     * @param rates learning rates; all of them with the first λ and the first way of reading
     * @param lambdas weights of the regularisers; the others than the first with the first rate and way of reading
     * @param modes ways of reading; the others than the first with the first rate and λ
     * @param random whether random weights are an arm, in the first setting
     */
    record Sweep(int seeds, List<Double> rates, List<Double> lambdas, List<ReadingMode> modes, boolean random) {
        /** Copies the lists; refuses empty ones, and what no decoder can be trained with. */
        Sweep {
            rates = List.copyOf(rates);
            lambdas = List.copyOf(lambdas);
            modes = List.copyOf(modes);
            if (seeds < 1 || rates.isEmpty() || lambdas.isEmpty() || modes.isEmpty()) {
                throw new IllegalArgumentException("the lab has " + seeds + " seeds, " + rates.size() + " rates, "
                        + lambdas.size() + " values of lambda and " + modes.size() + " ways of reading; give one of"
                        + " each at least");
            }
            if (!rates.stream().allMatch(rate -> rate > 0 && rate < Double.POSITIVE_INFINITY)
                    || !lambdas.stream().allMatch(lambda -> lambda >= 0 && lambda < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("the lab's rates are " + rates + " and its values of lambda "
                        + lambdas + "; give finite rates above 0 and values of lambda of 0 or more");
            }
            if (!DECODERS.containsAll(modes)) {
                throw new IllegalArgumentException(
                        "the lab's ways of reading are " + modes + "; a decoder is read " + DECODERS);
            }
        }

        /** What is tried, in order. */
        List<Trial.Setting> settings() {
            Set<Trial.Setting> settings = new LinkedHashSet<>();
            rates.forEach(rate -> settings.add(new Trial.Setting(modes.getFirst(), rate, lambdas.getFirst())));
            lambdas.forEach(lambda -> settings.add(new Trial.Setting(modes.getFirst(), rates.getFirst(), lambda)));
            modes.forEach(mode -> settings.add(new Trial.Setting(mode, rates.getFirst(), lambdas.getFirst())));
            return List.copyOf(settings);
        }

        /** Trials of a seed. */
        List<Trial> trials(int seed) {
            List<Trial> trials = new ArrayList<>();
            for (Trial.Setting setting : settings()) {
                for (Trial.Arm arm : arms(setting)) {
                    trials.add(new Trial(arm, setting.mode(), setting.rate(), setting.lambda(), seed));
                }
            }
            return trials;
        }

        private List<Trial.Arm> arms(Trial.Setting setting) {
            return random && setting.equals(settings().getFirst())
                    ? List.of(Trial.Arm.RANDOM, Trial.Arm.PLAIN, Trial.Arm.ADAPTED)
                    : List.of(Trial.Arm.PLAIN, Trial.Arm.ADAPTED);
        }
    }
}
