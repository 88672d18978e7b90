package io.millrace.deploy.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DocumentReaderTest {
    /** A collection of a given size that is made as it is read. */
    private static final class Generated extends InputStream {
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
                line = ("{\"_id\": \"d" + made++ + "\", \"text\": \"" + "word ".repeat(2_000) + "\"}\n")
                        .getBytes(StandardCharsets.UTF_8);
                position = 0;
            }
            int count = Math.min(length, line.length - position);
            System.arraycopy(line, position, buffer, offset, count);
            position += count;
            return count;
        }
    }

    @Test
    void keepsNoMoreThanALineInMemory() throws IOException {
        // 1 GB of text: far above what is left of the heap of the tests with a copy kept.
        int documents = 100_000;
        long read = 0;
        try (DocumentReader reader =
                new DocumentReader(new CorpusInput(List.of(Path.of("")), -1), new Generated(documents))) {
            while (reader.next() instanceof ReadDocument.Good) {
                read++;
            }
            assertThat(reader.fractionRead()).isNegative();
        }
        assertThat(read).isEqualTo(documents);
    }
}
