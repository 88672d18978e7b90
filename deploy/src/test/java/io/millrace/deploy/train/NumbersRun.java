package io.millrace.deploy.train;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs that are killed: what they learn from, and what of their logs must be the same again. */
final class NumbersRun {
    private NumbersRun() {}

    /** Lines for distillation: 24 queries about numbers, with 3 documents each. */
    static String groups() {
        StringBuilder groups = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            groups.append("""
                    {"query": "what is number %d", "docs": ["it is the number %d", "a cat", "a dog of %d"], "scores": [9, %d, 1]}
                    """.formatted(i, i, i + 1, i % 4));
        }
        return groups.toString();
    }

    /** Lines of a log so far; 0 if there is none yet. */
    static int lines(Path log) throws IOException {
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    /** Lines of a log without what the clock says. */
    static List<String> timeless(Path log) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line : Files.readAllLines(log)) {
            ObjectNode json = (ObjectNode) new JsonMapper().readTree(line);
            json.remove(List.of("texts_per_second", "seconds_per_step"));
            lines.add(json.toString());
        }
        return lines;
    }
}
