package io.millrace.evaluation.msmarco;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.trec.TrecFormatException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarcoFolderTest {
    @TempDir
    private Path folder;

    private void write(String name, String text) throws IOException {
        Files.writeString(folder.resolve(name), text);
    }

    @Test
    void readsPassagesQueriesAndJudgements() throws IOException {
        assertThat(MarcoFolder.is(folder)).isFalse();
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("collection.tsv.gz")))) {
            out.write("0\tone\ttab\n\n7\ttwo\r\n".getBytes(StandardCharsets.UTF_8));
        }
        write("queries.dev.small.tsv", "10\twhat?\n11\twho?\n");
        write("qrels.dev.small.tsv", "10\t0\t7\t1\n");
        write("queries.dl19.tsv", "10\twhat?\n");
        write("qrels.dl19.txt", "10 Q0 7 3\n");
        write("queries.train.tsv", "1\tnot judged\n");
        MarcoFolder marco = new MarcoFolder(folder);
        assertThat(MarcoFolder.is(folder)).isTrue();
        assertThat(marco.splits()).containsExactly("dev.small", "dl19");
        assertThat(marco.queries("dev.small")).containsExactly(Map.entry("10", "what?"), Map.entry("11", "who?"));
        assertThat(marco.qrels("dl19").judgements("10")).containsExactly(Map.entry("7", 3));
        try (TextLines passages = marco.collection()) {
            assertThat(passages.next()).isEqualTo(new TextLine("0", "one\ttab"));
            assertThat(passages.next()).isEqualTo(new TextLine("7", "two"));
            assertThat(passages.next()).isNull();
        }
    }

    @Test
    void namesTheLineOfWhatIsWrong() throws IOException {
        MarcoFolder marco = new MarcoFolder(folder);
        assertThatThrownBy(marco::splits)
                .isInstanceOf(FileNotFoundException.class)
                .hasMessageContaining("qrels.NAME");
        assertThatThrownBy(marco::collection).hasMessageContaining("has no collection.tsv");
        write("queries.a.tsv", "1\tx\n1\ty\n");
        assertThatThrownBy(() -> marco.queries("a"))
                .isInstanceOf(TrecFormatException.class)
                .hasMessageContaining("queries.a.tsv:2: the query id '1' occurs twice");
        write("queries.a.tsv", "1\tx\nonly text\n");
        assertThatThrownBy(() -> marco.queries("a")).hasMessageContaining(":2: expected id, a tab and a text");
        write("queries.a.tsv", "\tx\n");
        assertThatThrownBy(() -> marco.queries("a"))
                .hasMessageContaining(":1: expected")
                .hasMessageContaining("no id");
    }
}
