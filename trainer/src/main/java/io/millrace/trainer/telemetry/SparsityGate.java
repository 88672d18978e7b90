package io.millrace.trainer.telemetry;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Refuses checkpoints whose vectors have collapsed: which say the same of every text, or nothing, or everything. Such a model
 * may still lower its training loss, and an index of it answers at random or reads all of its lists.
 *
 * <p>The limits of {@link #DEFAULT} lie between what healthy models and collapsed ones do. splade-tiny over 1,000 texts each
 * of scientific abstracts, medical answers and Wikipedia sentences: 95 to 250 non-zeros a document, no vector empty, likeness
 * .03 to .10, up to 2 saturated terms, queries' terms in 8 to 26 % of the documents, and with 30 documents already 13 times as
 * many terms in all as in one. Over German, which it half reads: likeness .33, 21 saturated terms of 210, 40 %. Over Chinese,
 * which it cannot read: .61, 18 of 67, 68 %; that is refused. A model that gives every text one vector has likeness 1, all
 * terms saturated, and no more terms in all than in one.
 *
 * <p>Terms that no document has are judged by their opposite, {@link Alike#leastVariety}: of 30 healthy documents, too, nearly all of
 * the vocabulary is dead, and a share of it would be a limit on the size of the sample.
 *
 * @param leastVectors fewest documents, and fewest queries, to judge by
 * @param mostEmpty largest share of empty documents, and of empty queries
 * @param leastNonZeros fewest non-zeros of a document on average
 * @param mostNonZeros most non-zeros of a document on average
 * @param alike how far texts may be alike
 */
public record SparsityGate(int leastVectors, double mostEmpty, double leastNonZeros, double mostNonZeros, Alike alike) {
    /**
     * How far texts may be alike.
     *
     * @param mostLikeness largest mean cosine of two documents, and of two queries
     * @param mostSaturated largest share of a document's terms that nearly every document has
     * @param mostTouched largest share of the documents that a query's term has on average
     * @param longestList largest share of the documents that any one term has. Healthy models have terms in 94 % of them, so
     *     that it is 1, which refuses nothing; a recipe that presses on long lists sets its own
     * @param leastVariety how many times as many terms the documents have together as one has, at least
     * @param mostRepeated largest share of the documents, and of the queries, that have another's set of terms again
     */
    public record Alike(
            double mostLikeness,
            double mostSaturated,
            double mostTouched,
            double longestList,
            double leastVariety,
            double mostRepeated) {
        /** Between what healthy and collapsed models do; see {@link SparsityGate}. */
        public static final Alike DEFAULT = new Alike(0.5, 0.25, 0.5, 1, 4, 0.5);

        /** With half of the vectors as the most that may repeat others. */
        public Alike(
                double mostLikeness,
                double mostSaturated,
                double mostTouched,
                double longestList,
                double leastVariety) {
            this(mostLikeness, mostSaturated, mostTouched, longestList, leastVariety, 0.5);
        }
    }

    /**
     * For natural texts of different content. Non-zeros: splade-tiny has 67 to 250 a document over the collections above, and
     * sentence-transformers recommends 150 to 250; the limits leave a factor of six on either side and more, for short texts
     * and for bags of words.
     */
    public static final SparsityGate DEFAULT = new SparsityGate(30, 0.02, 4, 1500, Alike.DEFAULT);

    /**
     * Why a checkpoint is refused, as one sentence for people; empty if it is not.
     *
     * @param report what its vectors of sample texts look like
     */
    public Optional<String> refusal(SparsityReport report) {
        List<String> reasons = new ArrayList<>();
        SparsityReport.Side queries = report.queries();
        SparsityReport.Side documents = report.documents();
        if (Math.min(queries.vectors(), documents.vectors()) < leastVectors) {
            return Optional.of("the sample of " + queries.vectors() + " queries and " + documents.vectors()
                    + " documents is too small to judge sparsity by; encode " + leastVectors + " of each or more");
        }
        most(reasons, "share of empty documents", documents.empty(), mostEmpty);
        most(reasons, "share of empty queries", queries.empty(), mostEmpty);
        least(reasons, "non-zeros of a document", documents.mean(), leastNonZeros);
        most(reasons, "non-zeros of a document", documents.mean(), mostNonZeros);
        most(reasons, "mean cosine of two documents", documents.likeness(), alike.mostLikeness);
        most(reasons, "mean cosine of two queries", queries.likeness(), alike.mostLikeness);
        most(reasons, "share of documents with another's set of terms", documents.repeated(), alike.mostRepeated);
        most(reasons, "share of queries with another's set of terms", queries.repeated(), alike.mostRepeated);
        if (documents.mean() > 0) {
            most(
                    reasons,
                    "share of a document's terms that nearly every document has",
                    report.saturated() / documents.mean(),
                    alike.mostSaturated);
            least(
                    reasons,
                    "terms of all documents together by those of one",
                    report.used() / documents.mean(),
                    alike.leastVariety);
        }
        most(reasons, "share of the documents that a query's term has", report.touched(), alike.mostTouched);
        most(reasons, "share of the documents in the longest posting list", report.longestList(), alike.longestList);
        return reasons.isEmpty()
                ? Optional.empty()
                : Optional.of("the model has collapsed: " + String.join("; ", reasons)
                        + ". Go back to an earlier checkpoint, and train with smaller regulariser weights, a longer ramp or"
                        + " a lower learning rate");
    }

    // Both are written so that NaN fails too.

    private static void most(List<String> reasons, String what, double seen, double limit) {
        if (!(seen <= limit)) {
            reasons.add(String.format(Locale.ROOT, "%s is %.3g, the limit %.3g", what, seen, limit));
        }
    }

    private static void least(List<String> reasons, String what, double seen, double limit) {
        if (!(seen >= limit)) {
            reasons.add(String.format(Locale.ROOT, "%s is %.3g, at least %.3g is wanted", what, seen, limit));
        }
    }
}
