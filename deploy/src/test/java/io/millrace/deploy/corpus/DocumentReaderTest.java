package io.millrace.deploy.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.Document;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentReaderTest {
    /** A collection of a given size that is made as it is read. */
    private static final class Generated extends InputStream {
        private static final String FILLER = "\", \"text\": \"" + "word ".repeat(200_000) + "\"}\n";

        private final int documents;
        private int made;
        private byte[] line = new byte[0];
        private int position;

        Generated(int documents) {
            this.documents = documents;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0];
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (position == line.length) {
                if (made == documents) {
                    return -1;
                }
                line = ("{\"_id\": \"d" + made++ + FILLER).getBytes(StandardCharsets.UTF_8);
                position = 0;
            }
            int count = Math.min(length, line.length - position);
            System.arraycopy(line, position, buffer, offset, count);
            position += count;
            return count;
        }
    }

    @Test
    void handsOutWhatItReadAheadWithItsProblemsInPlace() throws IOException {
        byte[] input = """
                {"id": "a", "text": "x"}
                {"id": "b"
                {"id": "c", "text": "y"}

                {"id": "d", "text": "z"}
                """.getBytes(StandardCharsets.UTF_8);
        List<Path> files = List.of(Path.of(""), Path.of("is-not-there.jsonl"));
        for (int ahead = 0; ahead < 6; ahead++) {
            try (DocumentReader reader =
                    new DocumentReader(new CorpusInput(files, -1), new ByteArrayInputStream(input))) {
                assertThat(reader.readAhead(ahead, 1 << 20))
                        .extracting(Document::getId)
                        .isEqualTo(List.of("a", "c", "d").subList(0, Math.min(3, ahead)));
                List<String> read = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    switch (reader.next()) {
                        case ReadDocument.Good(Location place, Document document) ->
                            read.add(place.line() + document.getId());
                        case ReadDocument.Bad(Location place, String reason) -> read.add(place.line() + "bad");
                        case null -> read.add("end");
                    }
                }
                assertThat(read).as("%s ahead", ahead).containsExactly("1a", "2bad", "3c", "5d");
                assertThatThrownBy(reader::next).isInstanceOf(IOException.class);
                assertThat(reader.next()).isNull();
            }
        }
        try (DocumentReader reader =
                new DocumentReader(new CorpusInput(List.of(Path.of("")), -1), new ByteArrayInputStream(input))) {
            assertThat(reader.readAhead(100, 1)).hasSize(1);
        }
    }

    @Test
    void keepsNoDocumentInMemory() throws IOException {
        int documents = 100;
        List<WeakReference<ReadDocument>> seen = new ArrayList<>();
        try (DocumentReader reader =
                new DocumentReader(new CorpusInput(List.of(Path.of("")), -1), new Generated(documents))) {
            for (int i = 0; i < documents; i++) {
                seen.add(new WeakReference<>(reader.next()));
            }
            System.gc();
            assertThat(seen).allSatisfy(document -> assertThat(document.get()).isNull());
            assertThat(reader.next()).isNull();
            assertThat(reader.fractionRead()).isNegative();
        }
    }
}
