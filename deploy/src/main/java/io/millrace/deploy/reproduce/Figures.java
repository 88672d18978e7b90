package io.millrace.deploy.reproduce;

import io.millrace.trainer.teacher.AffineMap;
import io.millrace.trainer.teacher.ScoreStatistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the figures are drawn from. For one thread.
 *
 * <p>Figure 1 is what each head makes of one text. Figure 3 is how the scores of the two teachers are distributed, and those of
 * RankLLaMA once they have the mean and the deviation of MiniLM's; both score the same pairs.
 */
final class Figures {
    /**
     * A term with its weight.
     *
     * @param term as the tokenizer spells it
     * @param weight above 0
     */
    record Term(String term, double weight) {}

    /**
     * One text's vector.
     *
     * @param tokens tokens read
     * @param terms by weight, descending
     */
    record Vector(int tokens, List<Term> terms) {}

    /**
     * Scores of the same pairs.
     *
     * @param reference of MiniLM
     * @param before of RankLLaMA as they are
     * @param map onto the reference
     * @param after the map of {@code before}
     */
    record TeacherScores(double[] reference, double[] before, AffineMap map, double[] after) {}

    private final String text;
    private final Map<PaperRow, Vector> vectors = new LinkedHashMap<>();
    private final Map<PaperRow, double[]> scores = new LinkedHashMap<>();

    /** Nothing yet, of a text. */
    Figures(String text) {
        this.text = text;
    }

    String text() {
        return text;
    }

    void add(PaperRow row, Vector vector) {
        vectors.put(row, vector);
    }

    void add(PaperRow row, double[] teacher) {
        scores.put(row, teacher);
    }

    Map<PaperRow, Vector> vectors() {
        return vectors;
    }

    /** The scores of figure 3, if both teachers were there and neither's are all the same. */
    Optional<TeacherScores> teacherScores() {
        double[] reference = scores.get(PaperTable.MINI_LM);
        double[] before = scores.get(PaperTable.RANK_LLAMA);
        if (reference == null || before == null || !differ(reference) || !differ(before)) {
            return Optional.empty();
        }
        AffineMap map = AffineMap.matching(ScoreStatistics.of(before), ScoreStatistics.of(reference));
        return Optional.of(new TeacherScores(
                reference, before, map, Arrays.stream(before).map(map::apply).toArray()));
    }

    private static boolean differ(double[] scores) {
        return scores.length > 1 && ScoreStatistics.of(scores).standardDeviation() > 0;
    }

    /** What figure 3 lacks. */
    List<String> missingTeachers() {
        List<String> missing = new ArrayList<>();
        for (PaperRow teacher : List.of(PaperTable.MINI_LM, PaperTable.RANK_LLAMA)) {
            if (!scores.containsKey(teacher)) {
                missing.add(teacher.weights());
            }
        }
        return missing;
    }
}
