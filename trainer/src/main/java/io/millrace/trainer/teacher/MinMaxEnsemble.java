package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Several teachers as one, as in SPLADE-v3 (Lassance et al. 2024, §2): each teacher's scores of a query are brought to
 * [0, 1] by their least and their largest, and their mean is taken. Only documents that every teacher scored count, because
 * a mean over some teachers would compare teachers instead of documents. A teacher to whom all documents of a query are
 * alike gives 0 to each.
 *
 * @param teachers two at least
 */
public record MinMaxEnsemble(List<ScoreSource> teachers) implements ScoreSource {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there are fewer than two
     */
    public MinMaxEnsemble {
        teachers = List.copyOf(teachers);
        if (teachers.size() < 2) {
            throw new IllegalArgumentException("an ensemble needs two teachers at least, but has " + teachers.size());
        }
    }

    @Override
    public long size() {
        return teachers.getFirst().size();
    }

    @Override
    public QueryScores at(long place) throws IOException {
        QueryScores first = teachers.getFirst().at(place);
        return new QueryScores(first.queryId(), joined(first.queryId(), first.byDocument()));
    }

    @Override
    public Map<String, Float> scores(String queryId) throws IOException {
        return joined(queryId, teachers.getFirst().scores(queryId));
    }

    private Map<String, Float> joined(String queryId, Map<String, Float> first) throws IOException {
        List<Map<String, Float>> all = new ArrayList<>(List.of(first));
        for (ScoreSource teacher : teachers.subList(1, teachers.size())) {
            all.add(teacher.scores(queryId));
        }
        List<String> common = first.keySet().stream()
                .filter(document -> all.stream().allMatch(scores -> scores.containsKey(document)))
                .toList();
        double[] sums = new double[common.size()];
        for (Map<String, Float> scores : all) {
            double[] own = common.stream()
                    .mapToDouble(document -> scores.getOrDefault(document, 0f))
                    .toArray();
            add(own, sums);
        }
        Map<String, Float> joined = LinkedHashMap.newLinkedHashMap(common.size());
        for (int i = 0; i < sums.length; i++) {
            joined.put(common.get(i), (float) (sums[i] / teachers.size()));
        }
        return joined;
    }

    private static void add(double[] scores, double[] sums) {
        double least = Double.POSITIVE_INFINITY;
        double largest = Double.NEGATIVE_INFINITY;
        for (double score : scores) {
            least = Math.min(least, score);
            largest = Math.max(largest, score);
        }
        for (int i = 0; i < scores.length; i++) {
            sums[i] += largest > least ? (scores[i] - least) / (largest - least) : 0;
        }
    }

    @Override
    public String digest() {
        return "min-max " + teachers.stream().map(ScoreSource::digest).toList();
    }
}
