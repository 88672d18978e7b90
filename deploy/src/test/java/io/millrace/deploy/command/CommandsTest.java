package io.millrace.deploy.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.client.FakeIngest.Reaction;
import io.millrace.deploy.CommandRun;
import io.millrace.v1.Document;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CommandsTest extends CommandsOnAServer {
    @Test
    void indexesSearchesGetsAndDeletes() {
        CommandRun indexed = indexThreeFilms();
        assertThat(indexed.code()).isZero();
        assertThat(indexed.err()).contains("Created the collection default.").contains("Stored 3 documents");
        Document titanic = Objects.requireNonNull(server.ingest().documents().get("2"));
        assertThat(titanic.getSource().getMetadataMap()).containsEntry("year", "1997");

        CommandRun found = run("search", "big", "city", "--explain");
        assertThat(found.code()).isZero();
        assertThat(found.out().lines())
                .containsExactly(
                        " 1.   1.000  Metropolis  [1]",
                        "             a city of towers and machines",
                        "             city 1.00×1.00",
                        " 2.   1.000  3",
                        "             a city of angels",
                        "             city 1.00×1.00");
        assertThat(found.err()).isEmpty();
        assertThat(run("search", "iceberg").out()).contains("Titanic  [2]");

        assertThat(run("get", "2", "-o", "json").json().at("/metadata/name").asText())
                .isEqualTo("Titanic");
        CommandRun deleted = run("delete", "2", "none");
        assertThat(deleted.code()).isZero();
        assertThat(deleted.err()).contains("Deleted 2.");
        CommandRun gone = run("get", "2");
        assertThat(gone.code()).isEqualTo(5);
        assertThat(gone.err()).contains("no document '2'");
        assertThat(run("search", "iceberg").err()).contains("Nothing found.");
    }

    @Test
    void printsOneJsonObjectForASearch() {
        indexThreeFilms();
        CommandRun found = run("search", "city", "-o", "json", "-k", "1", "--explain");
        assertThat(found.out().lines()).hasSize(1);
        JsonNode hit = found.json().at("/hits/0");
        assertThat(hit.get("id").asText()).isEqualTo("1");
        assertThat(hit.get("score").asDouble()).isEqualTo(1.0);
        assertThat(hit.at("/matches/0/term").asText()).isEqualTo("city");
        assertThat(found.json().get("shardsTotal").asInt()).isEqualTo(2);
    }

    @Test
    void deletesTheIdsOfStandardInput() {
        indexThreeFilms();
        CommandRun deleted = runWithInput("1\n\n3\n", "delete", "-", "-o", "json");
        assertThat(deleted.json().get("deleted").asInt()).isEqualTo(2);
        assertThat(server.ingest().documents()).containsOnlyKeys("2");
    }

    @Test
    void reportsEachBadLineWithItsPlaceAndStoresTheRest() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write("""
                {"_id": "good1", "text": "fine"}
                {"_id": "2", "text": "cut off
                {"title": "no id", "text": "x"}
                {"_id": "4", "title": "no text"}
                {"_id": "5", "text": "  "}
                {"_id": "6", "text": ["list"]}

                {"_id": "8", "text": "a", "text": "b"}
                [1, 2]
                {"_id": "10", "text": "half \\ud83d pair"}
                {"_id": "11", "id": "11", "text": "x"}
                {"_id": "12", "text": "x", "metadata": {"nested": {"a": 1}}}
                {"_id": "", "text": "x"}
                {"_id": "good2", "text": "fine"} trailing
                """.getBytes(StandardCharsets.UTF_8));
        bytes.write("{\"_id\": \"15\", \"text\": \"caf".getBytes(StandardCharsets.UTF_8));
        bytes.write(new byte[] {(byte) 0xE9, '"', '}', '\n'});
        bytes.write("{\"_id\": \"good3\", \"text\": \"fine\", \"url\": \"x\"}".getBytes(StandardCharsets.UTF_8));
        Path file = Files.write(folder.resolve("bad.jsonl"), bytes.toByteArray());
        CommandRun run = run("index", file.toString());
        assertThat(run.code()).isEqualTo(3);
        assertThat(server.ingest().documents()).containsOnlyKeys("good1", "good3");
        List<String> reports = run.err()
                .lines()
                .filter(line -> line.startsWith(file + ":"))
                .map(line -> line.substring(file.toString().length() + 1))
                .toList();
        List<String> expected = List.of(
                "2: not valid JSON",
                "3: there is no \"_id\"",
                "4: there is no \"text\"",
                "5: \"text\" is empty",
                "6: \"text\" must be a string, but is a list",
                "8: not valid JSON at column",
                "9: the line is a list; it must be an object",
                "10: \"text\" holds half a surrogate pair, \\ud83d, at character 6",
                "11: both \"_id\" and \"id\" are there",
                "12: metadata \"nested\" is an object",
                "13: the id has 0 bytes",
                "14: not valid JSON",
                "15: byte 27 of the line (0xe9) is not UTF-8");
        assertThat(reports).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(reports.get(i)).startsWith(expected.get(i));
        }
        assertThat(run.err())
                .contains("Stored 2 documents")
                .contains("13 refused")
                .contains("field \"url\" is not stored");
    }

    @Test
    void namesThePlaceOfADocumentThatTheServerRefuses() throws IOException {
        server.ingest().script(operation -> operation.getSequence() == 2 ? Reaction.REFUSE : Reaction.ACK);
        String first = file("a.jsonl", "{\"id\": \"1\", \"text\": \"x\"}\n");
        String second = file("b.jsonl", "\n{\"id\": \"2\", \"text\": \"x\"}\n{\"id\": \"3\", \"text\": \"x\"}\n");
        CommandRun run = run("index", first, second, "-o", "json");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.err()).contains(second + ":2: source.text: refused by the script (id '2')");
        assertThat(run.json().get("stored").asInt()).isEqualTo(2);
        assertThat(run.json().get("refused").asInt()).isEqualTo(1);
    }

    @Test
    void saysWhatTheModelDidNotRead() throws IOException {
        String longText = "word ".repeat(120) + "end";
        String corpus = file("long.jsonl", """
                {"id": "short", "text": "x"}
                {"id": "long", "text": "%s"}
                {"id": "longer", "text": "%s"}
                """.formatted(longText, longText.repeat(2)));
        CommandRun counted = run("index", corpus);
        assertThat(counted.code()).isZero();
        assertThat(counted.err())
                .contains("2 longer than the model reads (it left out 162 tokens of them; --list-truncated names")
                .doesNotContain("(id 'long')");
        CommandRun listed = run("index", corpus, "--list-truncated");
        assertThat(listed.err())
                .contains(corpus + ":2: longer than the model reads, which left out its last 21 tokens (id 'long')")
                .contains(corpus + ":3: longer than the model reads, which left out its last 141 tokens");
        assertThat(run("index", corpus, "-o", "json")
                        .json()
                        .get("truncatedTokens")
                        .asInt())
                .isEqualTo(162);

        assertThat(run("search", longText).err()).contains("longer than the model reads: its last 21 tokens");
        assertThat(run("search", longText, "-o", "json")
                        .json()
                        .get("queryTruncatedTokens")
                        .asInt())
                .isEqualTo(21);
        assertThat(run("search", "x").err()).doesNotContain("longer");
        assertThat(run("encode", longText).err()).contains("21 tokens left out: word word");
        assertThat(run("encode", "--show", longText).out()).contains("tokens, 21 left out)");
        assertThat(run("encode", "-o", "json", longText)
                        .json()
                        .get("truncatedTokens")
                        .asInt())
                .isEqualTo(21);
    }

    @Test
    void readsGzippedFilesAndPatternsInOrder() throws IOException {
        for (int i = 3; i >= 1; i--) {
            try (OutputStream out =
                    new GZIPOutputStream(Files.newOutputStream(folder.resolve("part-" + i + ".jsonl.gz")))) {
                out.write(("{\"id\": \"" + i + "\", \"text\": \"x\"}\n").getBytes(StandardCharsets.UTF_8));
            }
        }
        CommandRun run = run("index", folder + "/part-*.jsonl.gz");
        assertThat(run.code()).isZero();
        assertThat(server.ingest().documents().keySet()).containsExactly("1", "2", "3");
    }

    @Test
    void goesOnWithTheNextFileWhenOneIsCutOff() throws IOException {
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(whole)) {
            for (int i = 0; i < 2_000; i++) {
                out.write(("{\"id\": \"" + i + "\", \"text\": \"x " + Math.sin(i) + "\"}\n")
                        .getBytes(StandardCharsets.UTF_8));
            }
        }
        Path cut = Files.write(folder.resolve("cut.gz"), Arrays.copyOf(whole.toByteArray(), whole.size() / 2));
        CommandRun run = run("index", cut.toString(), file("next.jsonl", "{\"id\": \"next\", \"text\": \"x\"}"));
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .containsPattern("cut\\.gz:\\d+: the gzip data are damaged or cut off")
                .contains("1 file(s) not read to the end");
        assertThat(server.ingest().documents()).containsKey("next").hasSizeGreaterThan(100);
    }

    @Test
    void sendsNothingWhenAFileDoesNotExist() {
        CommandRun run = run("index", folder + "/none.jsonl");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("there is no file " + folder + "/none.jsonl");
        assertThat(run("index", folder.toString()).err()).contains("is a folder; name its files");
        assertThat(server.ingest().clientIds()).isEmpty();
    }

    @Test
    void saysHowToStartAServerWhenThereIsNone() {
        server.stop();
        CommandRun run = run("search", "x");
        assertThat(run.code()).isEqualTo(4);
        assertThat(run.err()).contains("no answer from " + server.target()).contains("./millrace serve");
    }

    @Test
    void managesCollections() {
        assertThat(run("search", "x").code()).isEqualTo(5);
        assertThat(run("collection", "create", "a", "-o", "json")
                        .json()
                        .get("name")
                        .asText())
                .isEqualTo("a");
        assertThat(run("collection", "create", "a").code()).isEqualTo(1);
        assertThat(run("collection", "create", "b").code()).isZero();
        assertThat(run("collection", "list").out().lines()).hasSize(2);
        assertThat(run("collection", "describe", "a").out()).contains("generation: 1");
        CommandRun ambiguous = run("search", "x");
        assertThat(ambiguous.code()).isEqualTo(1);
        assertThat(ambiguous.err()).contains("several collections (a, b); choose one with --collection");
        assertThat(run("collection", "drop", "b").err()).contains("Dropped b.");
        assertThat(run("collection", "drop", "b").code()).isEqualTo(5);
        assertThat(run("collection", "list", "-o", "json").json()).hasSize(1);
        assertThat(run("index", "--no-create", "-c", "none", "-").code()).isZero();
    }

    @Test
    void showsTheTermsOfATextAndTheVectorsOfAFile() throws IOException {
        CommandRun shown = run("encode", "--show", "one two two");
        assertThat(shown.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).isEqualTo("\"one two two\"  (2 terms from 4 tokens)"),
                        line -> assertThat(line)
                                .contains("two")
                                .contains("2.000")
                                .endsWith("█".repeat(30)),
                        line -> assertThat(line)
                                .contains("one")
                                .contains("1.000")
                                .endsWith(" " + "█".repeat(15)));
        CommandRun vectors = run("encode", "-o", "json", file("texts.txt", "one\n" + "two\n".repeat(200)));
        assertThat(vectors.out().lines()).hasSize(201);
        assertThat(vectors.json().at("/weights/0").asDouble()).isEqualTo(1.0);
        assertThat(run("encode", "one one").out().strip())
                .isEqualTo(Integer.toUnsignedString("one".hashCode()) + ":2.0");
    }

    @Test
    void resumesByItselfWhenTheConnectionIsLost() {
        StringBuilder lines = new StringBuilder();
        for (int i = 1; i <= 50; i++) {
            lines.append("{\"id\": \"").append(i).append("\", \"text\": \"x\"}\n");
        }
        boolean[] lost = new boolean[1];
        server.ingest().script(operation -> {
            if (operation.getSequence() == 20 && !lost[0]) {
                lost[0] = true;
                return Reaction.LOSE;
            }
            return Reaction.ACK;
        });
        CommandRun run = runWithInput(lines.toString(), "index", "-", "-o", "json");
        assertThat(run.code()).isZero();
        assertThat(run.err()).contains("Connection lost, trying again (1)");
        assertThat(run.json().get("stored").asInt()).isEqualTo(50);
        assertThat(run.json().get("connections").asInt()).isEqualTo(2);
    }
}
