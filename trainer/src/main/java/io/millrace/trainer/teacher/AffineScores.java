package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A teacher's scores on another scale.
 *
 * @param teacher whose
 * @param map onto the scale
 */
public record AffineScores(ScoreSource teacher, AffineMap map) implements ScoreSource {
    @Override
    public long size() {
        return teacher.size();
    }

    @Override
    public QueryScores at(long place) throws IOException {
        QueryScores query = teacher.at(place);
        return new QueryScores(query.queryId(), mapped(query.byDocument()));
    }

    @Override
    public Map<String, Float> scores(String queryId) throws IOException {
        return mapped(teacher.scores(queryId));
    }

    private Map<String, Float> mapped(Map<String, Float> scores) {
        Map<String, Float> mapped = LinkedHashMap.newLinkedHashMap(scores.size());
        scores.forEach((document, score) -> mapped.put(document, (float) map.apply(score)));
        return mapped;
    }

    @Override
    public String digest() {
        return teacher.digest() + " * " + map.scale() + " + " + map.shift();
    }
}
