package io.millrace.trainer.data.format;

import io.millrace.evaluation.beir.Line;
import io.millrace.evaluation.beir.LineReader;
import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads queries of a file into memory, in their order. */
public final class PassageReader {
    private PassageReader() {}

    /**
     * Reads a file, plain or gzipped, in the syntax that its name says.
     *
     * @throws DataFormatException if a line is no passage, or an id occurs twice
     * @throws IOException if the file cannot be read
     */
    public static List<Passage> readAll(Path file) throws IOException {
        PassageSyntax syntax = PassageSyntax.ofName(String.valueOf(file.getFileName()));
        List<Passage> passages = new ArrayList<>();
        Set<String> ids = new HashSet<>();
        try (LineReader reader = LineReader.open(file)) {
            for (Line line = reader.next(); line != null; line = reader.next()) {
                switch (line) {
                    case Line.Unreadable(long number, String reason) ->
                        throw new DataFormatException(reader.name(), number, reason);
                    case Line.Text(long number, String text)
                    when !text.isBlank() -> {
                        Passage passage = syntax.parse(text, reader.name() + ":" + number);
                        if (!ids.add(passage.id())) {
                            throw new DataFormatException(
                                    reader.name(), number, "the id '" + passage.id() + "' occurs twice; remove one");
                        }
                        passages.add(passage);
                    }
                    case Line.Text blank -> {}
                }
            }
        }
        return passages;
    }
}
