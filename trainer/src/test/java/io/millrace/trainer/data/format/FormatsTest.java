package io.millrace.trainer.data.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.TrainingFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormatsTest {
    @TempDir
    private Path folder;

    private TrainingFiles files = new TrainingFiles(Path.of(""));

    @BeforeEach
    void useFolder() {
        files = new TrainingFiles(folder);
    }

    private PassageStore passages(String name, PassageSyntax syntax, String... lines) throws IOException {
        return PassageStore.open(files.write(name, lines), files.stores(), syntax, TextRepair.NONE);
    }

    @Test
    void aCollectionIsReadByIdAndByPlace() throws IOException {
        for (String name : List.of("collection.tsv", "collection.tsv.gz")) {
            try (PassageStore store =
                    passages(name, PassageSyntax.TSV, "0\tnull \t two tabs", "", "7\tsieben", "q 8\t")) {
                assertThat(store.size()).isEqualTo(4);
                assertThat(store.find("0")).contains(new Passage("0", "null \t two tabs"));
                assertThat(store.find("7")).contains(new Passage("7", "sieben"));
                assertThat(store.find("q 8")).contains(new Passage("q 8", ""));
                assertThat(store.find("1")).isEmpty();
                assertThat(store.at(1)).isEmpty();
                assertThat(store.at(2)).contains(new Passage("7", "sieben"));
            }
        }
    }

    @Test
    void beirLinesJoinTitleAndText() throws IOException {
        try (PassageStore store = passages(
                "corpus.jsonl",
                PassageSyntax.BEIR,
                "{\"_id\": \"a\", \"title\": \"T\", \"text\": \"x\", \"metadata\": {}}",
                "{\"_id\": 5, \"title\": null, \"text\": \" x \"}")) {
            assertThat(store.find("a")).contains(new Passage("a", "T x"));
            assertThat(store.find("5")).contains(new Passage("5", " x "));
        }
    }

    @Test
    void aChangedFileIsReadAgainAndAnUnchangedOneIsNot() throws IOException {
        Path file = files.write("collection.tsv", "1\tone");
        try (PassageStore store = PassageStore.open(file, files.stores(), PassageSyntax.TSV, TextRepair.NONE)) {
            assertThat(store.find("1").orElseThrow().text()).isEqualTo("one");
        }
        Path table;
        try (Stream<Path> stores = Files.list(files.stores())) {
            table = stores.filter(path -> path.toString().endsWith(".ids"))
                    .findFirst()
                    .orElseThrow();
        }
        var built = Files.getLastModifiedTime(table);
        passages("collection.tsv", PassageSyntax.TSV, "1\tother").close();
        try (PassageStore store = PassageStore.open(file, files.stores(), PassageSyntax.TSV, TextRepair.NONE)) {
            assertThat(store.find("1").orElseThrow().text()).isEqualTo("other");
        }
        var again = Files.getLastModifiedTime(table);
        assertThat(again).isGreaterThan(built);
        PassageStore.open(file, files.stores(), PassageSyntax.TSV, TextRepair.NONE)
                .close();
        assertThat(Files.getLastModifiedTime(table)).isEqualTo(again);
    }

    @Test
    void whatIsWrongWithACollectionIsSaidWithItsLine() {
        assertThatThrownBy(() -> passages("a.tsv", PassageSyntax.TSV, "1\tx", "no tab"))
                .isInstanceOf(DataFormatException.class)
                .hasMessageContaining("a.tsv:2: expected an id, one tab and a text, but there is no tab");
        assertThatThrownBy(() -> passages("b.tsv", PassageSyntax.TSV, "\tx")).hasMessageContaining("b.tsv:1: ");
        assertThatThrownBy(() -> passages("c.tsv", PassageSyntax.TSV, "1\tx", "", "1\ty"))
                .hasMessageContaining("c.tsv:3: the id '1' occurs twice, first in line 1");
        assertThatThrownBy(() -> passages("d.jsonl", PassageSyntax.BEIR, "{\"_id\": \"1\"}"))
                .hasMessageContaining("d.jsonl:1: the field \"text\" is missing");
        assertThatThrownBy(() -> passages("e.jsonl", PassageSyntax.BEIR, "[1]"))
                .hasMessageContaining("not a JSON object");
        assertThatThrownBy(() -> passages("f.jsonl", PassageSyntax.BEIR, "{\"_id\": \"1\", \"text\": \"a\"} x"))
                .hasMessageContaining("not valid JSON");
        assertThatThrownBy(() -> passages("missing/g.tsv", PassageSyntax.TSV)).isInstanceOf(Exception.class);
    }

    @Test
    void aGzipFileThatIsCutOffIsNotHalfRead() throws IOException {
        String[] lines = new String[2_000];
        Random random = new Random(1);
        Arrays.setAll(lines, i -> i + "\t" + Long.toHexString(random.nextLong()));
        Path file = files.write("c.tsv.gz", lines);
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {3, 5, whole.length / 2, whole.length - 9, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> PassageStore.open(file, files.stores(), PassageSyntax.TSV, TextRepair.NONE))
                    .as("cut to %d bytes", length)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("c.tsv.gz");
        }
        assertThat(files.stores()).isEmptyDirectory();
    }

    @Test
    void mojibakeIsUndoneWhereItIsOne() {
        TextRepair repair = TextRepair.LATIN1_AS_UTF8;
        assertThat(repair.apply("It\u00e2\u0080\u0099s caf\u00c3\u00a9")).isEqualTo("It\u2019s caf\u00e9");
        assertThat(repair.apply("plain")).isEqualTo("plain");
        // Latin-1 that is no UTF-8, and text that is right already, stay.
        assertThat(repair.apply("caf\u00e9")).isEqualTo("caf\u00e9");
        assertThat(repair.apply("\u2019 caf\u00c3\u00a9")).isEqualTo("\u2019 caf\u00c3\u00a9");
        assertThat(TextRepair.NONE.apply("caf\u00c3\u00a9")).isEqualTo("caf\u00c3\u00a9");
    }

    @Test
    void judgementsAreReadInBothForms() throws IOException {
        Qrels trec = JudgementFile.read(files.write("qrels.tsv", "1\t0\t22\t1", "2 0 33  2", "1\t0\t22\t1", "1 0 4 0"));
        assertThat(trec.judgements("1")).isEqualTo(Map.of("22", 1, "4", 0));
        assertThat(trec.queryIds()).containsExactly("1", "2");
        Qrels beir = JudgementFile.read(files.write("q.tsv.gz", "query-id\tcorpus-id\tscore", "a\tb\t1"));
        assertThat(beir.judgements("a")).isEqualTo(Map.of("b", 1));
        assertThatThrownBy(() -> JudgementFile.read(files.write("x.tsv", "1 0 2 1", "1 0")))
                .hasMessageContaining("x.tsv:2: expected query, 0, document and grade");
        assertThatThrownBy(() -> JudgementFile.read(files.write("y.tsv", "1 0 2 1.5")))
                .hasMessageContaining("y.tsv:1: the grade must be a whole number, but is '1.5'");
        assertThatThrownBy(() -> JudgementFile.read(files.write("z.tsv", "1 0 2 1", "1 0 2 0")))
                .hasMessageContaining("z.tsv:2: query '1' and document '2' have the grades 1 and 0");
    }

    @Test
    void hardNegativesAreMergedByRank() throws IOException {
        Path file = files.write(
                "hard.jsonl.gz",
                "{\"qid\": 571018, \"pos\": [7349777], \"neg\": {\"bm25\": [1, 2, 3], \"dense\": [\"2\", \"9\"]}}",
                "{\"qid\": \"5\", \"pos\": [], \"neg\": {}, \"ranks\": {\"bm25\": [1]}}");
        try (HardNegativeFile hard = HardNegativeFile.open(file, files.stores())) {
            HardNegatives found = hard.find("571018").orElseThrow();
            assertThat(found.positives()).containsExactly("7349777");
            assertThat(found.of(Set.of())).containsExactly("1", "2", "9", "3");
            assertThat(found.of(Set.of("dense"))).containsExactly("2", "9");
            assertThat(hard.find("5").orElseThrow().of(Set.of())).isEmpty();
            assertThat(hard.find("6")).isEmpty();
        }
        assertThatThrownBy(() -> HardNegatives.parse("{\"qid\": 1.5, \"pos\": [], \"neg\": {}}", "h:1"))
                .hasMessageContaining("h:1: the field \"qid\" must be an id");
        assertThatThrownBy(() -> HardNegatives.parse("{\"qid\": 1, \"pos\": [], \"neg\": {\"a\": 3}}", "h:1"))
                .hasMessageContaining("h:1: the field \"a\" must be a list");
        assertThatThrownBy(() -> HardNegatives.parse("{\"qid\": 1, \"pos\": [], \"neg\": [3]}", "h:1"))
                .hasMessageContaining("h:1: the field \"neg\" must be an object");
    }

    @Test
    void distillationLinesAreChecked() throws IOException {
        KdLine line = KdLine.parse("{\"query\": \"q\", \"docs\": [\"a\", \"b\"], \"scores\": [1, 2.5]}", "k:1");
        assertThat(line.scores()).containsExactly(1f, 2.5f);
        assertThat(line.bestFirst().documents()).containsExactly("b", "a");
        assertThat(line.bestFirst().scores()).containsExactly(2.5f, 1f);
        assertThatThrownBy(() -> KdLine.parse("{\"query\": \"q\", \"docs\": [\"a\"], \"scores\": []}", "k:3"))
                .hasMessageContaining("k:3: there are 1 docs, 0 scores");
        assertThatThrownBy(() -> KdLine.parse("{\"query\": \"q\", \"docs\": [\"a\"], \"scores\": [NaN]}", "k:3"))
                .hasMessageContaining("k:3: not valid JSON");
        assertThatThrownBy(() -> KdLine.parse("{\"query\": \"q\", \"docs\": [\"a\"], \"scores\": [1e99]}", "k:3"))
                .hasMessageContaining(
                        "k:3: the field \"scores\" must be a list of finite numbers, but there is 1.0E99");
        assertThatThrownBy(() -> KdLine.parse("{\"query\": \"q\", \"docs\": [], \"scores\": []}", "k:3"))
                .hasMessageContaining("one document at least");
    }
}
