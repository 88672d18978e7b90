package io.millrace.evaluation.trec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrecFilesTest {
    @TempDir
    private Path folder;

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("file"), text);
    }

    private static List<String> ids(Ranking ranking) {
        return ranking.documents().stream().map(ScoredDocument::id).toList();
    }

    @Test
    void ranksByScoreWhateverRanksAndLinesSay() throws IOException {
        Map<String, Ranking> run = TrecFiles.readRun(
                write("q1 Q0 a 1 1.0 t\r\nq2\tQ0\tx\t5\t-3\tt\n\n  q1 Q0 b 2 2.5e0 t  \nq1 Q0 c 3 1 t\n"));
        assertThat(run).containsOnlyKeys("q1", "q2");
        assertThat(ids(Objects.requireNonNull(run.get("q1")))).containsExactly("b", "c", "a");
    }

    @Test
    void scoresAreRoundedTwiceAsTrecEvalDoes() throws IOException {
        // Between two floats, a hair above the middle: in double the middle itself, which then goes to the even float.
        String score = "1.000000059604644775390625000001";
        Map<String, Ranking> run = TrecFiles.readRun(write("q Q0 a 1 " + score + " t\n"));
        float kept = Objects.requireNonNull(run.get("q")).documents().getFirst().score();
        assertThat(kept).isEqualTo((float) Double.parseDouble(score)).isNotEqualTo(Float.parseFloat(score));
    }

    @Test
    void readsGzippedFiles() throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("run.gz")))) {
            out.write("q Q0 a 1 2 t\n".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(TrecFiles.readRun(folder.resolve("run.gz"))).containsOnlyKeys("q");
    }

    @Test
    void namesTheLineOfWhatIsWrongInARun() throws IOException {
        String good = "q Q0 a 1 2 t\n";
        refusesRun(good + "q Q0 b 2 1\n", ":2: expected the 6 fields 'query Q0 document rank score tag', but found 5");
        refusesRun("q Q0 b c 2 1 t\n", ":1: expected the 6 fields");
        refusesRun(good + "q Q0 b 2 NaN t\n", ":2: the score 'NaN' cannot be ranked");
        refusesRun(good + "q Q0 b 2 1e39 t\n", ":2: the score '1e39' cannot be ranked");
        refusesRun(good + "q Q0 b 2 -Infinity t\n", ":2: the score '-Infinity' cannot be ranked");
        refusesRun(good + "q Q0 b 2 high t\n", ":2: the score must be a number, but is 'high'");
        refusesRun(good + "q Q0 b two 1 t\n", ":2: the rank must be a whole number, but is 'two'");
        refusesRun(good + "r Q0 a 1 1 t\nq Q0 a 2 1 t\n", ":3: query 'q' has the document 'a' twice");
        refusesRun("x".repeat(1000) + " y\n", "…");
    }

    private void refusesRun(String text, String message) throws IOException {
        Path file = write(text);
        assertThatThrownBy(() -> TrecFiles.readRun(file))
                .isInstanceOf(TrecFormatException.class)
                .hasMessageStartingWith(file + ":")
                .hasMessageContaining(message);
    }

    @Test
    void namesTheLineOfWhatIsWrongInQrels() throws IOException {
        refusesQrels("q 0 a 1\nq 0 b\n", ":2: expected the 4 fields 'query iteration document grade', but found 3");
        refusesQrels("q 0 a 1.5\n", ":1: the grade must be a whole number, but is '1.5'");
        refusesQrels("q 0 a 99999999999\n", ":1: the grade must be a whole number");
        refusesQrels("q 0 a 1\nr 0 a 1\nq 1 a 2\n", ":3: query 'q' and document 'a' are judged twice");
    }

    private void refusesQrels(String text, String message) throws IOException {
        Path file = write(text);
        assertThatThrownBy(() -> TrecFiles.readQrels(file))
                .isInstanceOf(TrecFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anyBytesAreReadOrRefusedAndNothingElse() throws IOException {
        Random random = new Random(11);
        String alphabet = "q0 \t\n\r1.eE-+NaNinf\u00a0é";
        for (int round = 0; round < 500; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(80); i > 0; i--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextInt(4) == 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Path file = Files.write(folder.resolve("any"), bytes);
            readOrRefuse(() -> TrecFiles.readRun(file));
            readOrRefuse(() -> TrecFiles.readQrels(file));
        }
    }

    private interface Reading {
        Object read() throws IOException;
    }

    private static void readOrRefuse(Reading reading) {
        try {
            assertThat(reading.read()).isNotNull();
        } catch (IOException refused) {
            assertThat(refused).hasMessageMatching("(?s).*any:.*");
        }
    }

    @Test
    void idsThatNoReaderCouldTellApartAreNotWritten() {
        for (String id : List.of("", "a b", "a\tb", "a\u2028b")) {
            assertThatThrownBy(() -> new RunLine("q", id, 1, 1, "t").text())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("'" + id + "'");
        }
        assertThat(new RunLine("q", "a", 1, 0.1f, "t").text()).isEqualTo("q Q0 a 1 0.1 t");
    }

    @Test
    void figuresArePrintedAsCPrintsThem() {
        assertThat(PrintedFigure.of(0.03125)).isEqualTo("0.0312");
        assertThat(PrintedFigure.of(0.09375)).isEqualTo("0.0938");
        assertThat(PrintedFigure.of(0.00005)).isEqualTo("0.0001");
        assertThat(PrintedFigure.of(1)).isEqualTo("1.0000");
    }
}
