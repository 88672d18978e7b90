package io.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the README do what it says. */
class ReadmeTest {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    @TempDir
    Path folder;

    @Test
    void everyCommandAndFlagExists() throws IOException {
        List<List<String>> commands = commands();
        assertThat(commands).hasSizeGreaterThan(10);
        for (List<String> command : commands) {
            String help = CommandRun.of(
                            List.of("collection", "snapshot", "bench", "model", "lab")
                                            .contains(command.getFirst())
                                    ? new String[] {command.getFirst(), command.get(1), "--help"}
                                    : new String[] {command.getFirst(), "--help"})
                    .out();
            assertThat(help).as("help of %s", command).contains("Usage: millrace");
            for (String word : command) {
                if (word.startsWith("-") && word.length() > 1) {
                    assertThat(help).as("%s", command).contains(word);
                }
            }
        }
    }

    @Test
    void ownDocumentsAreIndexedAndFound() throws Exception {
        Path books = Files.writeString(folder.resolve("books.jsonl"), """
                {"_id": "1", "title": "Moby-Dick", "text": "A captain hunts a white whale across the oceans.", "metadata": {"year": 1851}}
                {"_id": "2", "title": "Emma", "text": "A young woman in an English village makes matches."}
                """);
        Path queries = Files.writeString(folder.resolve("queries.jsonl"), """
                {"_id": "q1", "text": "a hunt for a whale"}
                """);
        byte[] more = "{\"id\": \"3\", \"text\": \"A pilot in the desert meets a little prince.\"}\n"
                .getBytes(StandardCharsets.UTF_8);
        try (LocalCluster cluster = LocalCluster.start(
                LocalClusterOptions.of(folder.resolve("data"), Path.of("../models/splade-tiny"), 0))) {
            List<CommandRun> searches = new ArrayList<>();
            for (List<String> command : commands()) {
                boolean own = command.contains("books") || command.contains("--explain");
                if (!own || !List.of("collection", "index", "search").contains(command.getFirst())) {
                    continue;
                }
                List<String> arguments = new ArrayList<>(command);
                arguments.replaceAll(word -> switch (word) {
                    case "books.jsonl" -> books.toString();
                    case "queries.jsonl" -> queries.toString();
                    default -> word;
                });
                arguments.addAll(List.of("--server", cluster.address()));
                CommandRun run = CommandRun.withInput(more, arguments.toArray(String[]::new));
                assertThat(run.code()).as("%s: %s", arguments, run.err()).isZero();
                if (command.getFirst().equals("search")) {
                    searches.add(run);
                }
            }
            assertThat(searches).hasSize(4);
            assertThat(searches.getFirst().out()).contains("Moby-Dick").contains("whale");
            assertThat(searches.get(1).out()).contains("Moby-Dick").doesNotContain("Emma");
            assertThat(searches.get(2).out()).startsWith("q1 Q0 1 1 ");
            assertThat(searches.getLast().out()).contains("Moby-Dick");
            assertThat(CommandRun.of("get", "3", "--collection", "books", "--server", cluster.address())
                            .out())
                    .contains("little prince");
        }
    }

    /** The README's command lines without {@code ./millrace}, comments and what is piped into them. */
    private static List<List<String>> commands() throws IOException {
        List<List<String>> commands = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("../README.md"))) {
            int start = line.indexOf("./millrace ");
            if (start < 0 || (start > 0 && !line.contains("| ./millrace "))) {
                continue;
            }
            List<String> words = new ArrayList<>();
            Matcher matcher = WORD.matcher(line.substring(start + "./millrace ".length()));
            while (matcher.find() && !matcher.group().startsWith("#")) {
                words.add(matcher.group(1) == null ? matcher.group(2) : matcher.group(1));
            }
            commands.add(words);
        }
        return commands;
    }
}
