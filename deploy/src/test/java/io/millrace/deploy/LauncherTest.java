package io.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code ./millrace}, as far as it goes without building. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherTest {
    private static final Path LAUNCHER = Path.of("../millrace").toAbsolutePath().normalize();

    @TempDir
    private Path folder;

    private static String javaHomeFoundBy(Path launcher, Path javaHome) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("bash", launcher.toString(), "--print-java-home");
        builder.environment().put("JAVA_HOME", javaHome.toString());
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.strip();
    }

    private Path fakeJdk(String version) throws IOException {
        Path home = folder.resolve("jdk " + version);
        for (String tool : new String[] {"java", "javac"}) {
            Path file = home.resolve("bin").resolve(tool);
            Files.createDirectories(file.getParent());
            Files.writeString(file, "");
            assertThat(file.toFile().setExecutable(true)).isTrue();
        }
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        return home;
    }

    @Test
    void takesTheJdkOfJavaHomeIfItIsNewEnough() throws Exception {
        Path newer = fakeJdk("26.0.1");
        assertThat(javaHomeFoundBy(LAUNCHER, newer)).isEqualTo(newer.toString());
    }

    @Test
    void looksForANewerOneOtherwise() throws Exception {
        for (Path unfit : new Path[] {fakeJdk("24.0.2"), fakeJdk("1.8.0_412"), folder.resolve("none")}) {
            Path found = Path.of(javaHomeFoundBy(LAUNCHER, unfit));
            assertThat(found).isNotEqualTo(unfit);
            assertThat(found.resolve("bin/javac")).exists();
            assertThat(Files.readString(found.resolve("release"))).containsPattern("JAVA_VERSION=\"(2[5-9]|[3-9]\\d)");
        }
    }

    @Test
    void worksThroughALink() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link"), LAUNCHER);
        Path second = Files.createSymbolicLink(folder.resolve("second"), Path.of("link"));
        Path newer = fakeJdk("25");
        assertThat(javaHomeFoundBy(second, newer)).isEqualTo(newer.toString());
        assertThat(link).isSymbolicLink();
    }
}
