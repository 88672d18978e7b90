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
    private final Process process;
    private final BufferedReader output;
    private final List<String> lines = new ArrayList<>();
    private long pid;
    private long acked;

    private WriterProcess(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Starts one that writes as a bulk load does or not, under the command that {@code prefix} gives, if any. */
    static WriterProcess start(Path directory, long seed, boolean bulk, List<String> prefix) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                CrashWriter.class.getName(),
                directory.toString(),
                Long.toString(seed),
                Boolean.toString(bulk)));
        WriterProcess writer = new WriterProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start());
        return writer;
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

    /** SIGKILL, then whatever it had said before. */
    void kill() throws IOException, InterruptedException {
        if (pid == 0) {
            throw new IllegalStateException("the writer never came up: " + lines);
        }
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        awaitEnd();
    }

    /** Reads everything that is left and waits for the end. */
    void awaitEnd() throws IOException, InterruptedException {
        while (readLine() != null) {}
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the writer did not end: " + lines);
        }
    }

    /** Highest index that was acknowledged. */
    long acked() {
        return acked;
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
            }
        }
        return line;
    }
}
