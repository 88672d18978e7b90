package io.millrace.trainer.data.pool;

import io.millrace.trainer.data.Draws;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.TrainingExample;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Draws a query's group from its pool: a positive, and negatives in random order without replacement, of which those that
 * may answer the query are left out. What is drawn depends on the pool, the rules and the draws alone. Safe for many
 * threads.
 *
 * @param rules how groups are drawn
 */
public record GroupSampler(SamplingRules rules) {
    /** Looks at so many places at most for each negative wanted: collections may be large, and mostly blank. */
    private static final int MOST_TRIES = 1_000;

    private static final Pattern BLANKS = Pattern.compile("\\s+");

    /** A candidate with its text. */
    private record Drawn(Candidate candidate, String text) {
        Passage passage() {
            return new Passage(candidate.id(), text);
        }
    }

    /** A group, or why there is none. */
    public sealed interface Result {
        /** A group. */
        record Group(TrainingExample example) implements Result {}

        /** No group, for a reason. */
        record Skipped(SkipReason reason) implements Result {}
    }

    /**
     * Draws a group.
     *
     * @throws IOException if a text cannot be read
     */
    public Result sample(CandidatePool pool, Draws draws) throws IOException {
        if (pool.query().text().isBlank()) {
            return new Result.Skipped(SkipReason.NO_QUERY_TEXT);
        }
        // All positives' texts, because collections hold texts twice, under ids that nobody judged.
        Set<String> positiveTexts = new HashSet<>();
        List<Drawn> positives = new ArrayList<>();
        for (Candidate candidate : pool.positives()) {
            Optional<Drawn> drawn = drawn(candidate);
            drawn.ifPresent(found -> positiveTexts.add(comparable(found.text())));
            drawn.filter(found -> usable(found.candidate())).ifPresent(positives::add);
        }
        if (positives.isEmpty()) {
            return new Result.Skipped(SkipReason.NO_POSITIVE);
        }
        Drawn positive = positives.get((int) draws.below(positives.size()));
        List<Drawn> negatives = negatives(pool, positive, positiveTexts, draws);
        int wanted = rules.groupSize() - 1;
        if (negatives.size() < wanted && (negatives.isEmpty() || rules.shortage() == SamplingRules.Shortage.SKIP)) {
            return new Result.Skipped(SkipReason.TOO_FEW_NEGATIVES);
        }
        List<Drawn> group = new ArrayList<>(List.of(positive));
        for (int i = 0; i < wanted; i++) {
            group.add(negatives.get(i % negatives.size()));
        }
        boolean scored =
                group.stream().allMatch(drawn -> drawn.candidate().score().isPresent());
        return new Result.Group(new TrainingExample(
                pool.query(),
                group.stream().map(Drawn::passage).toList(),
                scored
                        ? group.stream()
                                .map(drawn -> (float) drawn.candidate().score().orElseThrow())
                                .toList()
                        : List.of(),
                pool.relevant()));
    }

    private List<Drawn> negatives(CandidatePool pool, Drawn positive, Set<String> positiveTexts, Draws draws)
            throws IOException {
        int wanted = rules.groupSize() - 1;
        Candidates places = pool.negatives();
        List<Drawn> negatives = new ArrayList<>();
        Set<String> texts = new HashSet<>(positiveTexts);
        Set<String> ids = new HashSet<>(pool.relevant());
        ids.add(positive.candidate().id());
        // Fisher-Yates over places, of which only those that moved are remembered.
        Map<Long, Long> moved = new HashMap<>();
        long tries = Math.min(places.size(), (long) MOST_TRIES * wanted);
        for (long i = 0; i < tries && negatives.size() < wanted; i++) {
            long j = i + draws.below(places.size() - i);
            long place = moved.getOrDefault(j, j);
            moved.put(j, moved.getOrDefault(i, i));
            Optional<Candidate> candidate = places.at(place);
            if (candidate.isEmpty() || !mayBeNegative(candidate.get(), positive.candidate(), ids)) {
                continue;
            }
            Optional<Drawn> drawn = drawn(candidate.get());
            if (drawn.isPresent() && texts.add(comparable(drawn.get().text()))) {
                ids.add(drawn.get().candidate().id());
                negatives.add(drawn.get());
            }
        }
        return negatives;
    }

    private boolean usable(Candidate candidate) {
        return candidate.score().isPresent() || !rules.teacherNeeded();
    }

    private boolean mayBeNegative(Candidate candidate, Candidate positive, Set<String> taken) {
        if (!usable(candidate) || (!candidate.id().isEmpty() && taken.contains(candidate.id()))) {
            return false;
        }
        return rules.margin().isEmpty()
                || candidate.score().isEmpty()
                || positive.score().isEmpty()
                || candidate.score().getAsDouble()
                        <= positive.score().getAsDouble() - rules.margin().getAsDouble();
    }

    private static Optional<Drawn> drawn(Candidate candidate) throws IOException {
        return candidate.text().get().filter(text -> !text.isBlank()).map(text -> new Drawn(candidate, text));
    }

    /** Texts that differ in blanks only are one text. */
    private static String comparable(String text) {
        return BLANKS.matcher(text.strip()).replaceAll(" ");
    }
}
