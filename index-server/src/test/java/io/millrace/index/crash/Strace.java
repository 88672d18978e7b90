package io.millrace.index.crash;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Commands that run another one under strace. */
final class Strace {
    private static final Path STRACE = Path.of("/usr/bin/strace");
    // RocksDB numbers the files of a shard; tests make no more.
    private static final int MOST_FILES = 400;

    private Strace() {}

    /** Whether it is installed and may trace here. */
    static boolean works() throws IOException, InterruptedException {
        return Files.isExecutable(STRACE)
                && new ProcessBuilder(STRACE.toString(), "-o", "/dev/null", "true")
                                .start()
                                .waitFor()
                        == 0;
    }

    /** Writes all calls that change files to a file, as {@link SyncTrace} reads them. */
    static List<String> recording(Path calls) {
        return command(calls, List.of("-s", "0", "--seccomp-bpf", "-e", "trace=" + SyncTrace.CALLS));
    }

    /** The same, and of each thread the n-th sync, of whatever file, fails. */
    static List<String> failingSync(Path calls, int failing) {
        List<String> command = new ArrayList<>(recording(calls));
        command.addAll(inject(failing));
        return command;
    }

    /**
     * Of each thread the n-th sync of a file of some kind fails.
     *
     * @param shard folder of the shard
     * @param name name of such files, with a place for RocksDB's number
     */
    static List<String> failingSync(Path calls, Path shard, String name, int failing) {
        List<String> options = new ArrayList<>(List.of("-e", "trace=fdatasync,fsync"));
        options.addAll(inject(failing));
        IntStream.range(0, MOST_FILES)
                .forEach(number -> options.addAll(
                        List.of("-P", shard.resolve(name.formatted(number)).toString())));
        return command(calls, options);
    }

    private static List<String> inject(int failing) {
        return List.of("-e", "inject=fdatasync,fsync:error=EIO:when=" + failing);
    }

    private static List<String> command(Path calls, List<String> options) {
        List<String> command = new ArrayList<>(List.of(STRACE.toString(), "-f", "-y", "-o", calls.toString()));
        command.addAll(options);
        return command;
    }
}
