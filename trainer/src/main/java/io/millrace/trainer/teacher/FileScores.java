package io.millrace.trainer.teacher;

import io.millrace.trainer.data.format.QueryScores;
import io.millrace.trainer.data.format.ScoreFile;
import java.io.IOException;
import java.util.Map;

/**
 * A file's scores, as they are.
 *
 * @param file the file; closed by whoever opened it
 */
public record FileScores(ScoreFile file) implements ScoreSource {
    @Override
    public long size() {
        return file.size();
    }

    @Override
    public QueryScores at(long place) throws IOException {
        return file.at(place);
    }

    @Override
    public Map<String, Float> scores(String queryId) throws IOException {
        return file.find(queryId).map(QueryScores::byDocument).orElse(Map.of());
    }

    @Override
    public String digest() {
        return file.digest();
    }
}
