package io.millrace.trainer.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.millrace.trainer.data.format.ScoreFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tools/scores_from_pickle.py} against pickles that Python itself wrote, in every protocol. */
@Timeout(60)
class PickledScoresTest {
    private static final String PYTHON = "python3";

    private static final String WRITE = """
            import gzip, pickle, sys
            scores = {int(q): {d * 7 + q: d / 8 - 3 for d in range(q % 50)} for q in range(1, 1500)}
            for protocol in range(6):
                with gzip.open(f"{sys.argv[1]}/{protocol}.pkl.gz", "wb") as out:
                    pickle.dump(scores, out, protocol=protocol)
            with open(f"{sys.argv[1]}/code.pkl", "wb") as out:
                pickle.dump({1: {2: print}}, out)
            with open(f"{sys.argv[1]}/nan.pkl", "wb") as out:
                pickle.dump({1: {2: float("nan")}}, out)
            with open(f"{sys.argv[1]}/list.pkl", "wb") as out:
                pickle.dump({1: [2]}, out)
            """;

    @TempDir
    private Path folder;

    private record Ended(int code, String said) {}

    private static Ended python(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(PYTHON));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), said);
    }

    private static boolean hasPython() {
        try {
            return python("--version").code() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Ended convert(String name) throws IOException, InterruptedException {
        return python(
                Path.of("tools/scores_from_pickle.py").toString(),
                folder.resolve(name).toString(),
                folder.resolve(name + ".json.gz").toString());
    }

    @Test
    void everyProtocolGivesTheSameScoresAndNothingIsExecuted() throws Exception {
        assumeThat(hasPython()).as(PYTHON + " is on the path").isTrue();
        Ended written = python("-c", WRITE, folder.toString());
        assertThat(written.code()).as(written.said()).isZero();
        for (int protocol = 0; protocol < 6; protocol++) {
            Ended converted = convert(protocol + ".pkl.gz");
            assertThat(converted.code()).as(converted.said()).isZero();
            try (ScoreFile scores =
                    ScoreFile.open(folder.resolve(protocol + ".pkl.gz.json.gz"), folder.resolve("stores"))) {
                assertThat(scores.size()).isEqualTo(1_499);
                Map<String, Float> some = scores.find("49").orElseThrow().byDocument();
                assertThat(some).hasSize(49).containsEntry("49", -3f).containsEntry("385", 3f);
                assertThat(scores.find("50").orElseThrow().byDocument()).isEmpty();
            }
        }
        for (Map.Entry<String, String> refused : Map.of(
                        "code.pkl", "builtins.print, which scores have no use for",
                        "nan.pkl", "query 1, document 2: the score must be a finite number, but is nan",
                        "list.pkl", "which scores have no use for")
                .entrySet()) {
            Ended converted = convert(refused.getKey());
            assertThat(converted.code()).isEqualTo(1);
            assertThat(converted.said()).contains(refused.getValue());
            assertThat(folder.resolve(refused.getKey() + ".json.gz")).doesNotExist();
        }
        byte[] whole = Files.readAllBytes(folder.resolve("4.pkl.gz"));
        Files.write(folder.resolve("cut.pkl.gz"), Arrays.copyOf(whole, whole.length / 2));
        assertThat(convert("cut.pkl.gz").code()).isEqualTo(1);
    }
}
