package io.millrace.index.crash;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a power cut would have left of a directory: follows a process's system calls through strace and knows of each
 * file how much its last fsync or fdatasync covered. {@link #discardUnsynced} cuts every file to that.
 */
final class SyncTrace {
    /** What strace must print: `strace -f -y -s 0 -e trace=CALLS -o FILE`. */
    static final String CALLS = "openat,write,pwrite64,writev,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,"
            + "linkat,unlink,unlinkat";

    private static final Pattern LINE = Pattern.compile("^(\\d+) +(.*)$");
    private static final Pattern UNFINISHED = Pattern.compile("^(\\w+)\\((.*) <unfinished \\.\\.\\.>$");
    private static final Pattern RESUMED = Pattern.compile("^<\\.\\.\\. (\\w+) resumed>(.*)$");
    private static final Pattern CALL = Pattern.compile("^(\\w+)\\((.*)\\) += +(-?\\d+)(<(.*)>)?.*$");
    private static final Pattern DESCRIPTOR = Pattern.compile("^\\d+<([^>]*)>");
    private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");

    private static final class Inode {
        private long size;
        private long position;
        private long synced;
    }

    private record Started(String call, String arguments, long sizeAtStart) {}

    private final Path directory;
    private final Map<String, Inode> files = new HashMap<>();
    private final Map<String, Started> started = new HashMap<>();
    private int syncs;

    /** Takes what is in the directory now as safe. */
    SyncTrace(Path directory) throws IOException {
        this.directory = directory;
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                Inode inode = new Inode();
                inode.size = Files.size(file);
                inode.synced = inode.size;
                files.put(file.toString(), inode);
            }
        }
    }

    /** Follows the calls that strace recorded. */
    void follow(Path trace) throws IOException {
        try (Stream<String> lines = Files.lines(trace)) {
            lines.forEach(this::line);
        }
    }

    /** Syncs of files in the directory that were seen. */
    int syncs() {
        return syncs;
    }

    /** Cuts every file to what its last sync covered; returns how many bytes were lost by that. */
    long discardUnsynced() throws IOException {
        long lost = 0;
        for (Map.Entry<String, Inode> file : files.entrySet()) {
            Path path = Path.of(file.getKey());
            if (Files.isRegularFile(path)) {
                long size = Files.size(path);
                if (size > file.getValue().synced) {
                    lost += size - file.getValue().synced;
                    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                        channel.truncate(file.getValue().synced);
                    }
                }
            }
        }
        return lost;
    }

    private void line(String text) {
        Matcher line = LINE.matcher(text);
        if (!line.matches()) {
            return;
        }
        String thread = line.group(1);
        String event = line.group(2);
        Matcher unfinished = UNFINISHED.matcher(event);
        Matcher resumed = RESUMED.matcher(event);
        if (unfinished.matches()) {
            Inode inode = target(unfinished.group(2));
            started.put(thread, new Started(unfinished.group(1), unfinished.group(2), inode == null ? 0 : inode.size));
        } else if (resumed.matches()) {
            Started begun = started.remove(thread);
            if (begun != null) {
                call(begun.call() + "(" + begun.arguments() + resumed.group(2), begun.sizeAtStart());
            }
        } else {
            Inode inode = event.contains("(") ? target(event.substring(event.indexOf('(') + 1)) : null;
            call(event, inode == null ? 0 : inode.size);
        }
    }

    /** A finished call; a sync covers what had been written when it began. */
    private void call(String text, long sizeAtStart) {
        Matcher call = CALL.matcher(text);
        if (!call.matches() || call.group(3).startsWith("-")) {
            return;
        }
        String arguments = call.group(2);
        long result = Long.parseLong(call.group(3));
        switch (call.group(1)) {
            case "openat" -> opened(arguments, call.group(5));
            case "write", "writev" -> wrote(target(arguments), -1, result);
            case "pwrite64" ->
                wrote(target(arguments), Long.parseLong(arguments.substring(arguments.lastIndexOf(' ') + 1)), result);
            case "ftruncate" ->
                cut(target(arguments), Long.parseLong(arguments.substring(arguments.lastIndexOf(' ') + 1)));
            case "fsync", "fdatasync" -> synced(target(arguments), sizeAtStart);
            case "rename", "renameat", "renameat2" -> linked(arguments, true);
            case "link", "linkat" -> linked(arguments, false);
            default -> {
                List<String> paths = quoted(arguments);
                if (!paths.isEmpty()) {
                    files.remove(paths.getFirst());
                }
            }
        }
    }

    private void opened(String arguments, String path) {
        if (path == null || !path.startsWith(directory.toString()) || arguments.contains("O_DIRECTORY")) {
            return;
        }
        boolean writes = arguments.contains("O_WRONLY") || arguments.contains("O_RDWR");
        if (writes) {
            Inode inode = files.computeIfAbsent(path, p -> new Inode());
            if (arguments.contains("O_TRUNC")) {
                cut(inode, 0);
            }
            inode.position = arguments.contains("O_APPEND") ? inode.size : 0;
        }
    }

    private static void wrote(Inode inode, long offset, long bytes) {
        if (inode != null) {
            if (offset < 0) {
                inode.position += bytes;
                inode.size = Math.max(inode.size, inode.position);
            } else {
                inode.size = Math.max(inode.size, offset + bytes);
            }
        }
    }

    private static void cut(Inode inode, long size) {
        if (inode != null) {
            inode.size = size;
            inode.synced = Math.min(inode.synced, size);
        }
    }

    private void synced(Inode inode, long size) {
        if (inode != null) {
            inode.synced = Math.max(inode.synced, size);
            syncs++;
        }
    }

    private void linked(String arguments, boolean moved) {
        List<String> paths = quoted(arguments);
        if (paths.size() == 2 && files.containsKey(paths.getFirst())) {
            files.put(paths.getLast(), files.get(paths.getFirst()));
            if (moved) {
                files.remove(paths.getFirst());
            }
        }
    }

    private Inode target(String arguments) {
        Matcher descriptor = DESCRIPTOR.matcher(arguments);
        return descriptor.find() ? files.get(descriptor.group(1)) : null;
    }

    private static List<String> quoted(String arguments) {
        return QUOTED.matcher(arguments)
                .results()
                .map(result -> result.group(1))
                .toList();
    }
}
