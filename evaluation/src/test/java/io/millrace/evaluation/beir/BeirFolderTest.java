package io.millrace.evaluation.beir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.Qrels;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BeirFolderTest {
    @TempDir
    private Path folder;

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }

    private void writeGzip(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private List<BeirDocument> corpus() throws IOException {
        List<BeirDocument> documents = new ArrayList<>();
        try (BeirCorpus corpus = new BeirFolder(folder).corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                documents.add(document);
            }
        }
        return documents;
    }

    @Test
    void readsPlainFiles() throws IOException {
        write("corpus.jsonl", """
                {"_id": "1", "title": "T", "text": "one", "metadata": {"url": "x"}}

                {"_id": "2", "title": null, "text": ""}
                """);
        write("queries.jsonl", "{\"_id\": \"q\", \"text\": \"what?\", \"metadata\": {}}");
        write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\t1\t2\nq\t2\t0\n");
        assertThat(corpus()).containsExactly(new BeirDocument("1", "T", "one"), new BeirDocument("2", "", ""));
        assertThat(new BeirFolder(folder).queries()).containsExactly(Map.entry("q", "what?"));
        Qrels qrels = new BeirFolder(folder).qrels("test");
        assertThat(qrels.judgements("q")).containsOnly(Map.entry("1", 2), Map.entry("2", 0));
        assertThat(qrels.size()).isEqualTo(2);
    }

    @Test
    void givesWhatIsEncodedOfTheFirstDocuments() throws IOException {
        write("corpus.jsonl", """
                {"_id": "1", "title": "T", "text": "one "}
                {"_id": "2", "text": "two"}
                {"_id": "3", "title": "Three", "text": ""}
                """);
        assertThat(new BeirFolder(folder).contents(0)).containsExactly("T one", "two", "Three");
        assertThat(new BeirFolder(folder).contents(2)).containsExactly("T one", "two");
    }

    @Test
    void readsGzippedFiles() throws IOException {
        writeGzip("corpus.jsonl.gz", "{\"_id\": \"1\", \"text\": \"one\"}\n");
        writeGzip("queries.jsonl.gz", "{\"_id\": \"q\", \"text\": \"what?\"}\n");
        writeGzip("qrels/train.tsv.gz", "query-id\tcorpus-id\tscore\nq\t1\t1\n");
        assertThat(corpus()).containsExactly(new BeirDocument("1", "", "one"));
        assertThat(new BeirFolder(folder).queries()).containsOnlyKeys("q");
        assertThat(new BeirFolder(folder).qrels("train").queryIds()).containsExactly("q");
    }

    @Test
    void namesFileAndLineOfWhatIsWrong() throws IOException {
        write("corpus.jsonl", "{\"_id\": \"1\", \"text\": \"one\"}\n{\"_id\": \"2\", \n");
        assertThatThrownBy(this::corpus)
                .isInstanceOf(BeirFormatException.class)
                .hasMessageStartingWith(folder.resolve("corpus.jsonl") + ":2: not valid JSON");
        write("corpus.jsonl", "{\"_id\": \"1\", \"title\": \"one\"}\n");
        assertThatThrownBy(this::corpus)
                .hasMessageEndingWith(":1: the field \"text\" is missing; the line has _id, title");
        write("corpus.jsonl", "{\"_id\": 1, \"text\": \"one\"}\n");
        assertThatThrownBy(this::corpus).hasMessageEndingWith(":1: the field \"_id\" must be a string, but is NUMBER");
        write("corpus.jsonl", "[1]\n");
        assertThatThrownBy(this::corpus).hasMessageContaining(":1: not a JSON object");
        write("corpus.jsonl", "{\"_id\": \"1\", \"_id\": \"2\", \"text\": \"one\"}\n");
        assertThatThrownBy(this::corpus).hasMessageContaining(":1: not valid JSON: Duplicate");
        write("queries.jsonl", "{\"_id\": \"q\", \"text\": \"a\"}\n{\"_id\": \"q\", \"text\": \"b\"}\n");
        assertThatThrownBy(() -> new BeirFolder(folder).queries())
                .hasMessageEndingWith(":2: the query id 'q' occurs twice");
    }

    @Test
    void namesTheLineOfABadJudgement() throws IOException {
        write("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq 1 1\n");
        assertThatThrownBy(() -> new BeirFolder(folder).qrels("test")).hasMessageContaining("test.tsv:2: expected");
        write("qrels/test.tsv", "q\t1\tyes\n");
        assertThatThrownBy(() -> new BeirFolder(folder).qrels("test"))
                .hasMessageContaining("test.tsv:1: the score must be a whole number, but is 'yes'");
        write("qrels/test.tsv", "q\t1\t1\nq\t1\t0\n");
        assertThatThrownBy(() -> new BeirFolder(folder).qrels("test")).hasMessageContaining("test.tsv:2: query 'q'");
    }

    @Test
    void saysWhatAFolderMustHold() {
        assertThatThrownBy(() -> new BeirFolder(folder).qrels("dev"))
                .hasMessageContaining("neither qrels/dev.tsv nor qrels/dev.tsv.gz");
    }
}
