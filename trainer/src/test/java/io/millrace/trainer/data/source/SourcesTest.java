package io.millrace.trainer.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.TrainingFiles;
import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.JudgementFile;
import io.millrace.trainer.data.format.ScoreFile;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.data.stream.ExampleStream;
import io.millrace.trainer.teacher.FileScores;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourcesTest {
    @TempDir
    private Path folder;

    private TrainingFiles files = new TrainingFiles(Path.of(""));

    @BeforeEach
    void useFolder() {
        files = new TrainingFiles(folder);
    }

    private Collection marco() throws IOException {
        Path queries = files.write("queries.train.tsv", "1\teins", "2\tzwei", "3\tdrei");
        Path documents =
                files.write("collection.tsv", "10\tzehn", "11\telf", "12\tzw\u00c3\u00b6lf", "13\tdreizehn", "14\telf");
        return Collection.open(queries, documents, files.stores(), TextRepair.LATIN1_AS_UTF8);
    }

    /** All that a source gives in some epochs: text of the query → texts of its negatives. */
    private static Map<String, Set<String>> negatives(PoolSource source, SamplingRules rules) throws IOException {
        ExampleStream stream = ExampleStream.start(source, new GroupSampler(rules), 3);
        Map<String, Set<String>> seen = new HashMap<>();
        while (stream.cursor().epoch() < 20) {
            TrainingExample example = stream.next();
            Set<String> texts = seen.computeIfAbsent(example.query().text(), query -> new HashSet<>());
            example.candidates().stream().skip(1).map(Passage::text).forEach(texts::add);
        }
        return seen;
    }

    @Test
    void triplesOfTextsAreReadAsTheyAre() throws IOException {
        Path file = files.write("triples.train.small.tsv.gz", "q1\tp1\tn1", "q2\tp2\tn2");
        try (TriplePools pools = TriplePools.open(file, files.stores(), TextRepair.NONE)) {
            assertThat(negatives(pools, SamplingRules.ofSize(2)))
                    .isEqualTo(Map.of("q1", Set.of("n1"), "q2", Set.of("n2")));
        }
        Path broken = files.write("broken.tsv", "q1\tp1\tn1", "q2\tp2");
        assertThatThrownBy(() -> TriplePools.open(broken, files.stores(), TextRepair.NONE))
                .hasMessageContaining("broken.tsv:2: expected query, positive and negative with one tab between each, "
                        + "but found 2 field(s)");
    }

    @Test
    void triplesOfIdsTakeTheirTextsFromTheCollection() throws IOException {
        // Document 13 is a negative of query 1 in the file, and relevant by judgement.
        Path file = files.write("qidpidtriples.tsv", "1\t10\t12", "1\t10\t13", "2\t11\t12", "2\t11\t14");
        Qrels qrels = JudgementFile.read(files.write("qrels.train.tsv", "1\t0\t10\t1", "1\t0\t13\t1"));
        try (IdTriplePools pools = IdTriplePools.open(file, files.stores(), marco(), new Relevance(qrels))) {
            // Document 14 has the text of the positive.
            assertThat(negatives(pools, SamplingRules.ofSize(2)))
                    .isEqualTo(Map.of("eins", Set.of("zw\u00f6lf"), "zwei", Set.of("zw\u00f6lf")));
        }
        Path strange = files.write("strange.tsv", "1\t10\t99");
        try (IdTriplePools pools = IdTriplePools.open(strange, files.stores(), marco(), Relevance.UNKNOWN)) {
            assertThatThrownBy(() -> pools.pool(0))
                    .hasMessageContaining("strange.tsv:1: the document '99' is not in")
                    .hasMessageContaining("collection.tsv");
        }
    }

    @Test
    void judgedQueriesDrawFromWhatATeacherScored() throws IOException {
        Qrels qrels = JudgementFile.read(files.write("qrels.tsv", "1 0 10 1", "1 0 11 1", "2 0 13 1", "3 0 10 0"));
        Path scores = files.write(
                "scores.json",
                "{\"1\": {\"10\": 9.5, \"11\": 3, \"12\": 9.25, \"13\": 1, \"14\": 0},"
                        + " \"2\": {\"13\": 5, \"10\": 1, \"12\": -2}}");
        try (ScoreFile file = ScoreFile.open(scores, files.stores())) {
            FileScores teacher = new FileScores(file);
            try (PoolSource pools =
                    new ScoredPools(JudgedPools.of(marco(), qrels, new NegativeLists.Scored(teacher)), teacher)) {
                assertThat(pools.size()).isEqualTo(2);
                // 11 is relevant for 1, and 14 has its text.
                assertThat(negatives(pools, SamplingRules.ofSize(2).scored()))
                        .isEqualTo(
                                Map.of("eins", Set.of("zw\u00f6lf", "dreizehn"), "zwei", Set.of("zehn", "zw\u00f6lf")));
                // 12 scores within 1 of the positive 10, and above the positive 11.
                assertThat(negatives(pools, SamplingRules.ofSize(2).scored().withMargin(1))
                                .get("eins"))
                        .isEqualTo(Set.of("dreizehn"));
                TrainingExample example = ExampleStream.start(
                                pools, new GroupSampler(SamplingRules.ofSize(2).scored()), 1)
                        .next();
                for (int c = 0; c < 2; c++) {
                    assertThat(example.scores().get(c))
                            .isEqualTo(teacher.scores(example.query().id())
                                    .get(example.candidates().get(c).id()));
                }
            }
        }
    }

    @Test
    void hardNegativesServeAloneAndBesideJudgements() throws IOException {
        Path mined = files.write(
                "hard.jsonl",
                "{\"qid\": \"1\", \"pos\": [\"10\"], \"neg\": {\"bm25\": [\"12\", \"13\"], \"own\": [\"11\"]}}",
                "{\"qid\": \"2\", \"pos\": [\"11\"], \"neg\": {\"bm25\": [\"14\", \"10\"]}}");
        Qrels qrels = JudgementFile.read(files.write("qrels.tsv", "1 0 10 1", "1 0 13 1", "2 0 11 1"));
        try (PoolSource pools = new HardNegativePools(
                HardNegativeFile.open(mined, files.stores()), Set.of(), marco(), new Relevance(qrels))) {
            assertThat(negatives(pools, SamplingRules.ofSize(2)))
                    .isEqualTo(Map.of("eins", Set.of("zw\u00f6lf", "elf"), "zwei", Set.of("zehn")));
        }
        try (HardNegativeFile file = HardNegativeFile.open(mined, files.stores());
                PoolSource pools = JudgedPools.of(marco(), qrels, new NegativeLists.Mined(file, Set.of("own")))) {
            assertThat(negatives(pools, SamplingRules.ofSize(2))).isEqualTo(Map.of("eins", Set.of("elf")));
        }
    }

    @Test
    void aBeirFolderDrawsFromItsCorpusButNeverTheQueryItself() throws IOException {
        files.write("queries.jsonl", "{\"_id\": \"a\", \"text\": \"frage\"}");
        files.write(
                "corpus.jsonl",
                "{\"_id\": \"a\", \"text\": \"frage selbst\"}",
                "{\"_id\": \"b\", \"title\": \"T\", \"text\": \"antwort\"}",
                "",
                "{\"_id\": \"c\", \"text\": \"anderes\"}",
                "{\"_id\": \"d\", \"text\": \"weiteres\"}");
        Qrels qrels = JudgementFile.read(files.write("train.tsv", "query-id\tcorpus-id\tscore", "a\tb\t2"));
        try (PoolSource pools =
                JudgedPools.beir(Collection.beir(folder, files.stores()), qrels, new NegativeLists.Anything())) {
            assertThat(negatives(pools, SamplingRules.ofSize(2)))
                    .isEqualTo(Map.of("frage", Set.of("anderes", "weiteres")));
        }
    }

    @Test
    void distillationLinesKeepTheirIdsAndScores() throws IOException {
        Path file = files.write(
                "kd.jsonl",
                "{\"qid\": 4, \"query\": \"q\", \"doc_ids\": [1, 2], \"docs\": [\"a\", \"b\"], \"scores\": [1, 7]}");
        try (LinePools pools = LinePools.distillation(file, files.stores(), false, TextRepair.NONE)) {
            TrainingExample example = ExampleStream.start(pools, new GroupSampler(SamplingRules.ofSize(2)), 1)
                    .next();
            assertThat(example.query()).isEqualTo(new Passage("4", "q"));
            assertThat(example.candidates()).isEqualTo(List.of(new Passage("1", "a"), new Passage("2", "b")));
            assertThat(example.scores()).containsExactly(1f, 7f);
        }
        try (LinePools pools = LinePools.distillation(file, files.stores(), true, TextRepair.NONE)) {
            assertThat(ExampleStream.start(pools, new GroupSampler(SamplingRules.ofSize(2)), 1)
                            .next()
                            .positive()
                            .id())
                    .isEqualTo("2");
        }
    }

    @Test
    void scoresByIdNeedIds() throws IOException {
        Path file = files.write("t.tsv", "q\tp\tn");
        Path scores = files.write("s.json", "{\"1\": {}}");
        try (ScoreFile opened = ScoreFile.open(scores, files.stores());
                PoolSource pools = new ScoredPools(
                        TriplePools.open(file, files.stores(), TextRepair.NONE), new FileScores(opened))) {
            assertThatThrownBy(() -> pools.pool(0)).hasMessageContaining("has no id");
        }
    }
}
