package io.millrace.deploy.publish;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code model average}, as users type it. */
class AverageCommandTest {
    @TempDir
    private Path folder;

    private CommandRun average(String target, String... parts) {
        List<String> arguments = new ArrayList<>(List.of("model", "average", target));
        for (String part : parts) {
            arguments.add("--of");
            arguments.add(part);
        }
        arguments.addAll(List.of("--type", "F16", "-o", "json"));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void writesACheckpointThatLoads() throws IOException {
        // The place of the share is the last equals sign.
        Path model = TinyModels.copy("bert-heads", folder.resolve("a=b"), List.of(0, 1, 2, 3));
        String target = folder.resolve("average").toString();
        CommandRun run = average(target, model + "=0.25", model + "=0.75");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().at("/name").asText()).isEqualTo("average");
        assertThat(run.json().at("/spaceId").asText())
                .isEqualTo(Checkpoint.open(Path.of(target)).spaceId());

        CommandRun again = average(target, model + "=0.25", model + "=0.75");
        assertThat(again.code()).isEqualTo(1);
        assertThat(again.err()).contains("holds a checkpoint already");
    }

    @Test
    void saysWhatIsWrongWithShares() throws IOException {
        Path model = TinyModels.copy("bert-heads", folder.resolve("model"), List.of(0, 1, 2, 3));
        String target = folder.resolve("average").toString();
        assertThat(average(target, model + "=0.5", model + "=0.4").err())
                .contains("the shares add up to 0.9, and must add up to 1");
        assertThat(average(target, model.toString()).err()).contains("is no checkpoint and its share, such as");
        assertThat(average(target, model + "=1").err()).contains("at least two checkpoints, not 1");
        assertThat(Files.exists(Path.of(target))).isFalse();
    }
}
