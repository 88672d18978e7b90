package io.millrace.trainer.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.trainer.data.format.QueryScores;
import io.millrace.trainer.data.format.ScoreFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherTest {
    @TempDir
    private Path folder;

    /** Scores in memory. */
    private record ListedScores(List<QueryScores> queries) implements ScoreSource {
        @Override
        public long size() {
            return queries.size();
        }

        @Override
        public QueryScores at(long place) {
            return queries.get((int) place);
        }

        @Override
        public Map<String, Float> scores(String queryId) {
            return queries.stream()
                    .filter(query -> query.queryId().equals(queryId))
                    .findFirst()
                    .map(QueryScores::byDocument)
                    .orElse(Map.of());
        }

        @Override
        public String digest() {
            return Integer.toString(queries.hashCode());
        }
    }

    private static ListedScores random(long seed, double mean, double deviation) {
        Random random = new Random(seed);
        List<QueryScores> queries = new ArrayList<>();
        for (int q = 0; q < 300; q++) {
            Map<String, Float> scores = new LinkedHashMap<>();
            for (int d = 0; d < 40; d++) {
                scores.put("d" + d, (float) (mean + deviation * random.nextGaussian()));
            }
            queries.add(new QueryScores("q" + q, scores));
        }
        return new ListedScores(queries);
    }

    private static ListedScores one(Object... idsAndScores) {
        Map<String, Float> scores = new LinkedHashMap<>();
        for (int i = 0; i < idsAndScores.length; i += 2) {
            scores.put((String) idsAndScores[i], ((Number) idsAndScores[i + 1]).floatValue());
        }
        return new ListedScores(List.of(new QueryScores("q", scores)));
    }

    @Test
    void statisticsAreThoseOfThePlainFormulas() throws IOException {
        ListedScores scores = random(1, 1e4, 0.01);
        List<Double> all = new ArrayList<>();
        for (QueryScores query : scores.queries()) {
            query.byDocument().values().forEach(score -> all.add((double) score));
        }
        double mean = all.stream().mapToDouble(x -> x).sum() / all.size();
        double variance = all.stream().mapToDouble(x -> (x - mean) * (x - mean)).sum() / all.size();
        ScoreStatistics found = ScoreStatistics.of(scores);
        assertThat(found.count()).isEqualTo(12_000);
        assertThat(found.mean()).isCloseTo(mean, within(1e-9));
        assertThat(found.standardDeviation()).isCloseTo(Math.sqrt(variance), within(1e-9));
        assertThat(found.least())
                .isEqualTo(all.stream().mapToDouble(x -> x).min().orElseThrow());
        assertThat(found.largest())
                .isEqualTo(all.stream().mapToDouble(x -> x).max().orElseThrow());
    }

    @Test
    void mappedScoresHaveTheMeanAndDeviationOfTheReference() throws IOException {
        ListedScores teacher = random(2, -3, 7);
        ScoreStatistics reference = ScoreStatistics.of(random(3, 4, 0.5));
        ScoreStatistics before = ScoreStatistics.of(teacher);
        AffineMap map = AffineMap.matching(before, reference);
        AffineScores mapped = new AffineScores(teacher, map);
        ScoreStatistics after = ScoreStatistics.of(mapped);
        assertThat(after.mean()).isCloseTo(reference.mean(), within(1e-6));
        assertThat(after.standardDeviation()).isCloseTo(reference.standardDeviation(), within(1e-6));
        // t' = (t − μ) / σ · σ_ref + μ_ref
        float score = teacher.scores("q5").getOrDefault("d7", Float.NaN);
        double expected =
                (score - before.mean()) / before.standardDeviation() * reference.standardDeviation() + reference.mean();
        assertThat((double) mapped.scores("q5").getOrDefault("d7", Float.NaN)).isCloseTo(expected, within(1e-6));
        assertThat(mapped.digest()).isNotEqualTo(new AffineScores(teacher, AffineMap.IDENTITY).digest());
    }

    @Test
    void whatCannotBeMappedIsRefused() throws IOException {
        ScoreStatistics alike = ScoreStatistics.of(one("a", 2, "b", 2));
        assertThatThrownBy(() -> AffineMap.to(alike, 0, 1)).hasMessageContaining("all 2 scores are 2.0");
        assertThatThrownBy(() -> AffineMap.matching(ScoreStatistics.of(random(1, 0, 1)), alike))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("the scale must be above 0");
        assertThatThrownBy(() -> new AffineMap(-1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new AffineMap(1, Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ScoreStatistics.of(one())).hasMessageContaining("there are no scores");
    }

    @Test
    void anEnsembleIsTheMeanOfScoresBroughtToOneRange() throws IOException {
        ListedScores first = one("a", 10, "b", 20, "c", 15, "only", 100);
        ListedScores second = one("c", -1, "b", -2, "a", 0, "other", 9);
        MinMaxEnsemble ensemble = new MinMaxEnsemble(List.of(first, second));
        // First: a 0, b 1, c 1/2. Second: a 1, b 0, c 1/2.
        assertThat(ensemble.scores("q")).isEqualTo(Map.of("a", 0.5f, "b", 0.5f, "c", 0.5f));
        MinMaxEnsemble flat = new MinMaxEnsemble(List.of(first, one("a", 3, "b", 3, "c", 3)));
        assertThat(flat.at(0).byDocument()).isEqualTo(Map.of("a", 0f, "b", 0.5f, "c", 0.25f));
        assertThat(ensemble.scores("unknown")).isEmpty();
        assertThatThrownBy(() -> new MinMaxEnsemble(List.of(first))).hasMessageContaining("two teachers at least");
    }

    @Test
    void histogramsCountEveryScoreOnce() throws IOException {
        ListedScores scores = one("a", 0, "b", 0.5, "c", 1, "d", 1.5, "e", 2, "f", -0.1);
        ScoreHistogram histogram = ScoreHistogram.of(scores, 0, 2, 2);
        assertThat(histogram.counts()).containsExactly(2L, 3L);
        assertThat(histogram.outside()).isEqualTo(1);
        assertThatThrownBy(() -> ScoreHistogram.of(scores, 1, 1, 3)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ScoreHistogram.of(scores, 0, 1, Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aReportShowsBothSidesOfTheMap() throws IOException {
        ListedScores teacher = random(4, 10, 2);
        ScoreReport report = ScoreReport.of(teacher, new AffineMap(0.5, -4), 20);
        assertThat(report.after().mean()).isCloseTo(report.before().mean() / 2 - 4, within(1e-5));
        assertThat(report.histogramBefore().counts().stream().mapToLong(x -> x).sum())
                .isEqualTo(12_000);
        assertThat(report.histogramAfter().counts().stream().mapToLong(x -> x).sum())
                .isEqualTo(12_000);
        assertThat(report.histogramAfter().outside()).isZero();
        List<String> lines = report.csv().lines().toList();
        assertThat(lines).hasSize(21).first().isEqualTo("from,to,before,after");
        assertThat(lines.get(1).split(",", -1)[0])
                .isEqualTo(Double.toString(report.after().least()));
        assertThat(report.fields().get("scale")).isEqualTo(0.5);
        assertThat(ScoreReport.of(one("a", 1), AffineMap.IDENTITY, 3)
                        .histogramBefore()
                        .counts())
                .containsExactly(0L, 1L, 0L);
    }

    @Test
    void writtenScoresAreReadBack() throws IOException {
        ListedScores teacher = random(5, 0, 1);
        for (String name : List.of("scores.json", "scores.json.gz")) {
            Path file = folder.resolve(name);
            ScoreWriter.write(teacher, file);
            try (ScoreFile read = ScoreFile.open(file, folder.resolve("stores"))) {
                FileScores scores = new FileScores(read);
                assertThat(scores.size()).isEqualTo(300);
                for (int place = 0; place < 300; place++) {
                    assertThat(scores.at(place)).isEqualTo(teacher.at(place));
                }
            }
        }
    }
}
