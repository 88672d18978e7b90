package io.millrace.trainer.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.serve.RunRecord.Standing;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunRecordTest {
    @TempDir
    private Path folder;

    private static RunRecord record() {
        return RunRecord.started(
                        "run", RunRecord.digest("steps: 1"), new RunRecord.Told(2, true, 7, 1_700_000_000_000L))
                .standing(Standing.PAUSED, "")
                .published("mine@3");
    }

    @Test
    void isReadAsItWasWritten() throws Exception {
        Path file = folder.resolve("run.json");
        record().write(file);
        record().waiting(9).write(file);

        assertThat(RunRecord.read(file)).isEqualTo(record().waiting(9));
        assertThat(folder).isDirectoryContaining("glob:**run.json").isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void noByteOfItChangesUnseen() throws Exception {
        Path file = folder.resolve("run.json");
        record().write(file);
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 0; i < bytes.length - 1; i++) {
            byte[] damaged = bytes.clone();
            damaged[i] ^= (byte) (1 << (i % 8));
            Files.write(file, damaged);
            assertThatThrownBy(() -> RunRecord.read(file))
                    .as("byte %d", i)
                    .isInstanceOf(IllegalArgumentException.class);
        }
        for (int length = 0; length < bytes.length - 1; length++) {
            Files.write(file, java.util.Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> RunRecord.read(file)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anotherFormatIsRefusedByName() throws Exception {
        String json = "{\"format\":2}";
        Path file = Files.writeString(folder.resolve("run.json"), json + "\n" + RunRecord.digest(json) + "\n");
        assertThatThrownBy(() -> RunRecord.read(file))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not the record of a run");
    }
}
