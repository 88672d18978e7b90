package io.millrace.deploy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lab at its smallest. */
class CollapseCommandTest {
    @TempDir
    private Path folder;

    private CommandRun run(String rates) {
        return CommandRun.of(
                "lab",
                "collapse",
                "--out",
                folder.toString(),
                "--entries=2000",
                "--held-out=32",
                "--vocabulary=400",
                "--layers=1",
                "--width=32",
                "--steps=20",
                "--language-steps=10",
                "--seeds=1",
                "--rates=" + rates,
                "--lambdas=0.003",
                "--modes=causal",
                "--no-random");
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("collapse-lab.jsonl"))) {
            lines.add(new JsonMapper().readTree(line));
        }
        return lines;
    }

    @Test
    void writesWhatBecameOfEachTrialAndTheGateRefusesWhatCollapsed() throws IOException {
        // A rate of 1 kills every unit in a step or two; what the other one does is for the lab to say.
        CommandRun run = run("1,1e-2");

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out())
                .contains("What became of each trial")
                .contains("plain")
                .contains("adapted");
        List<JsonNode> lines = lines();
        List<JsonNode> trials = lines.stream()
                .filter(line -> line.path("kind").asText().equals("trial"))
                .toList();
        assertThat(trials).hasSize(4);
        assertThat(trials)
                .filteredOn(trial -> trial.path("peak_rate").asDouble() == 1)
                .allSatisfy(trial -> {
                    assertThat(trial.path("collapsed").asBoolean()).isTrue();
                    assertThat(trial.path("refused").asText()).startsWith("the model has collapsed: ");
                });
        assertThat(trials)
                .filteredOn(trial -> trial.path("collapsed").asBoolean())
                .allSatisfy(trial -> assertThat(trial.path("refused").asText()).isNotEmpty());
        assertThat(lines)
                .filteredOn(line -> line.path("kind").asText().equals("judgement"))
                .hasSize(4 * 10)
                .allSatisfy(
                        line -> assertThat(line.path("longest_list").asDouble()).isBetween(0.0, 1.0));
        assertThat(Files.readString(folder.resolve("collapse-lab.md")))
                .contains("Before contrastive training")
                .contains("| plain | 1 |")
                .contains("Why the gate refuses");
        assertThat(Files.readString(folder.resolve("collapse-lab.html")))
                .contains("<svg")
                .contains("Longest posting list: causal");

        // Everything is there already; nothing is trained again, and the outcome is the same.
        assertThat(run("1,1e-2").code()).isZero();
        assertThat(lines()).isEqualTo(lines);
    }

    @Test
    void refusesWhatMakesNoLab() {
        assertThat(CommandRun.of("lab", "collapse", "--out", folder.toString(), "--width", "48")
                        .err())
                .contains("--width is 48; give a multiple of 32");
        assertThat(CommandRun.of("lab", "collapse", "--out", folder.toString(), "--held-out", "3")
                        .err())
                .contains("--held-out is 3; give 30 or more");
        assertThat(CommandRun.of("lab", "collapse", "--out", folder.toString(), "--rates", "1e-3,0")
                        .err())
                .contains("rates are [0.001, 0.0]");
        assertThat(CommandRun.of("lab", "collapse", "--out", folder.toString(), "--modes", "encoder")
                        .err())
                .contains("ways of reading are [ENCODER]; a decoder is read [CAUSAL, ");
        assertThat(CommandRun.of("lab").err()).contains("say which experiment: collapse");
    }
}
