package io.millrace.index.crash;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@link CrashWriter} in a JVM of its own, and what it has said. */
final class WriterProcess implements AutoCloseable {
    private static final NativeLibrary NATIVE = NativeLibrary.unpack();

    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();
    private long pid;
    private long acked;
    private final List<String> snapshots = new ArrayList<>();

    private WriterProcess(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts one, under the command that {@code prefix} gives, if any. */
    static WriterProcess start(Path directory, CrashPlan plan, List<String> prefix) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-Djava.library.path=" + NATIVE.directory(),
                "-Dslf4j.provider=org.slf4j.helpers.NOP_FallbackServiceProvider",
                "-cp",
                System.getProperty("java.class.path"),
                CrashWriter.class.getName(),
                directory.toString()));
        command.addAll(plan.arguments());
        return new WriterProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Reads on until so many more batches are acknowledged, or the process ends. */
    void awaitAcks(int more) throws IOException {
        int seen = 0;
        while (seen < more) {
            String line = readLine();
            if (line == null) {
                return;
            }
            seen += line.startsWith("acked ") ? 1 : 0;
        }
    }

    /** Reads on until a line begins so; false if the process ends, or says that it will not come there. */
    boolean await(String beginning) throws IOException {
        String line = readLine();
        while (line != null && !line.startsWith("exhausted")) {
            if (line.startsWith(beginning)) {
                return true;
            }
            line = readLine();
        }
        return false;
    }

    /** SIGKILL, then whatever it had said before. */
    void kill() throws IOException, InterruptedException {
        // Under strace the writer is another process than the one that was started.
        ProcessHandle.of(pid == 0 ? process.pid() : pid).ifPresent(ProcessHandle::destroyForcibly);
        awaitEnd();
    }

    /** Reads everything that is left and waits for the end. */
    void awaitEnd() throws IOException, InterruptedException {
        while (readLine() != null) {}
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the writer did not end: " + lines);
        }
    }

    /** Highest batch that was acknowledged. */
    long acked() {
        return acked;
    }

    /** Names of the snapshots that it made. */
    List<String> snapshots() {
        return snapshots;
    }

    List<String> lines() {
        return lines;
    }

    @Override
    public void close() {
        if (pid != 0) {
            ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        process.destroyForcibly();
    }

    private String readLine() throws IOException {
        String line = output.readLine();
        if (line != null) {
            lines.add(line);
            if (line.startsWith("ready ")) {
                pid = Long.parseLong(line.substring(6));
            } else if (line.startsWith("acked ")) {
                acked = Long.parseLong(line.substring(6));
            } else if (line.startsWith("snapshot ")) {
                snapshots.add(line.substring("snapshot ".length(), line.lastIndexOf(' ')));
            }
        }
        return line;
    }
}
