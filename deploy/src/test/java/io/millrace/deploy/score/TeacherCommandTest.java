package io.millrace.deploy.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.deploy.CommandRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherCommandTest {
    @TempDir
    private Path folder;

    private String write(String name, String json) throws IOException {
        return Files.writeString(folder.resolve(name), json).toString();
    }

    @Test
    void matchesOneTeacherToAnother() throws IOException {
        String teacher = write("a.json", "{\"1\": {\"x\": 0, \"y\": 100}, \"2\": {\"x\": 50}}");
        String reference = write("b.json", "{\"1\": {\"x\": -1, \"y\": 1}}");
        Path out = folder.resolve("out.json");
        CommandRun run = CommandRun.of("teacher", teacher, "--match", reference, "--out", out.toString(), "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.json().get("before").get("mean").asDouble()).isEqualTo(50);
        assertThat(run.json().get("after").get("mean").asDouble()).isCloseTo(0, within(1e-6));
        assertThat(run.json().get("after").get("std").asDouble()).isCloseTo(1, within(1e-6));
        JsonNode mapped = new JsonMapper().readTree(out.toFile());
        assertThat(mapped.get("1").get("y").asDouble()).isCloseTo(Math.sqrt(1.5), within(1e-6));
        assertThat(mapped.get("2").get("x").asDouble()).isCloseTo(0, within(1e-6));
        CommandRun shown = CommandRun.of("teacher", teacher, "--match", reference, "--bins", "3");
        assertThat(shown.out()).contains("before").contains("after").contains("t' = 0.0244949 t -1.22474");
    }

    @Test
    void joinsSeveralTeachers() throws IOException {
        String first = write("a.json", "{\"1\": {\"x\": 0, \"y\": 10}}");
        String second = write("b.json", "{\"1\": {\"x\": 3, \"y\": 1, \"z\": 2}}");
        Path out = folder.resolve("out.json");
        CommandRun run = CommandRun.of("teacher", first, second, "--out", out.toString());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(Files.readString(out)).isEqualToIgnoringWhitespace("{\"1\":{\"x\":0.5,\"y\":0.5}}");
    }

    @Test
    void saysWhatIsWrong() throws IOException {
        String good = write("a.json", "{\"1\": {\"x\": 0}}");
        assertThat(CommandRun.of("teacher", good, "--mean", "1").err()).contains("give --mean and --std together");
        CommandRun alike = CommandRun.of("teacher", good, "--mean", "1", "--std", "1");
        assertThat(alike.code()).isEqualTo(2);
        assertThat(alike.err()).contains("all 1 scores are 0.0");
        CommandRun bad = CommandRun.of("teacher", write("b.json", "{\"1\": {\"x\": NaN}}"));
        assertThat(bad.code()).isEqualTo(1);
        assertThat(bad.err()).contains("b.json:1").contains("not valid JSON");
    }
}
