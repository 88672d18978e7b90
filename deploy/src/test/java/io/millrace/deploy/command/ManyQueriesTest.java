package io.millrace.deploy.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ManyQueriesTest extends CommandsOnAServer {
    @Test
    void asksAllQueriesOfAFileAndPrintsATable() throws IOException {
        indexThreeFilms();
        String file = file("queries.jsonl", """
                {"_id": "q1", "text": "big city"}

                {"_id": "q2", "text": "whale", "metadata": {}}
                {"_id": "q3", "text": "iceberg"}
                """);
        CommandRun run = run("search", "--queries", file, "--explain");
        assertThat(run.out().lines())
                .containsExactly(
                        "query             rank     score  document",
                        "q1                   1     1.000  1",
                        "                                  city 1.00×1.00",
                        "q1                   2     1.000  3",
                        "                                  city 1.00×1.00",
                        "q2                   -         -  nothing found",
                        "q3                   1     1.000  2",
                        "                                  iceberg 1.00×1.00");
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(server.batchSizes()).containsExactly(3);
    }

    @Test
    void printsATrecRunOfQueriesOneALine() {
        indexThreeFilms();
        CommandRun run = runWithInput("a city\n\nan iceberg\n", "search", "--queries", "-", "--k", "2", "-o", "trec");
        assertThat(run.out().lines())
                .containsExactly("1 Q0 1 1 2.0 millrace", "1 Q0 3 2 2.0 millrace", "3 Q0 2 1 2.0 millrace");
        assertThat(run.code()).isZero();
        CommandRun blank =
                runWithInput("{\"_id\": \"q 1\", \"text\": \"city\"}", "search", "--queries", "-", "-o", "trec");
        assertThat(blank.code()).isEqualTo(1);
        assertThat(blank.err())
                .contains("the id 'q 1' is empty or has white space in it")
                .contains("use -o json");
    }

    @Test
    void sendsManyQueriesInBatchesAndReportsThoseAtFault() {
        indexThreeFilms();
        StringBuilder input = new StringBuilder();
        for (int i = 1; i <= 600; i++) {
            input.append(i == 300 ? "poison\n" : "city number" + i + "\n");
        }
        CommandRun run = runWithInput(input.toString(), "search", "--queries", "-", "-o", "json");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out().lines()).hasSize(600);
        assertThat(run.json().at("/query").asText()).isEqualTo("600");
        assertThat(run.json().at("/hits/0/id").asText()).isEqualTo("1");
        assertThat(run.err().lines())
                .containsExactly("<stdin>:300: this text cannot be encoded", "1 query was refused.");
        assertThat(server.batchSizes()).containsExactly(256, 256, 88);
    }

    @Test
    void reportsLinesThatAreNoQueriesAndAsksTheRest() {
        indexThreeFilms();
        CommandRun run = runWithInput("""
                {"_id": "q1", "text": "city"}
                {"_id": "q2"}
                just words
                {"_id": "q4", "text": ""}
                """, "search", "--queries", "-", "-o", "trec", "-k", "1");
        assertThat(run.code()).isEqualTo(3);
        assertThat(run.out().lines()).containsExactly("q1 Q0 1 1 1.0 millrace");
        assertThat(run.err())
                .contains(
                        "<stdin>:2: there is no \"text\"", "<stdin>:3: not valid JSON", "<stdin>:4: \"text\" is empty")
                .contains("3 queries were refused.");
    }

    @Test
    void aSearchNeedsATextOrAFileOfQueries() {
        assertThat(run("search").code()).isEqualTo(2);
        assertThat(run("search").err()).contains("there is nothing to look for");
        assertThat(run("search", "city", "--queries", "-").err()).contains("there are a text and --queries");
        assertThat(run("search", "city", "-o", "trec").err()).contains("-o trec is for many queries");
        assertThat(run("search", "--queries", "nowhere.txt").err()).contains("there is no file nowhere.txt");
    }
}
