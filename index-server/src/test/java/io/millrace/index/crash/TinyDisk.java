package io.millrace.index.crash;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A file system in memory that is soon full, and a file that fills it. */
final class TinyDisk implements AutoCloseable {
    private static final int PAGE_BYTES = 4096;
    private static final int CHUNK_BYTES = 1 << 20;

    private final Path root;

    private TinyDisk(Path root) {
        this.root = root;
    }

    /** Mounts one; null where that is not allowed. */
    static @Nullable TinyDisk mount(Path root, int mebibytes) throws IOException, InterruptedException {
        Process mount = new ProcessBuilder(
                        "mount", "-t", "tmpfs", "-o", "size=" + mebibytes + "m", "tmpfs", root.toString())
                .redirectErrorStream(true)
                .start();
        return mount.waitFor(10, TimeUnit.SECONDS) && mount.exitValue() == 0 ? new TinyDisk(root) : null;
    }

    Path root() {
        return root;
    }

    long usableBytes() throws IOException {
        return Files.getFileStore(root).getUsableSpace();
    }

    /** Takes all space but so many bytes, more or less a page. */
    void fill(long leaveBytes) throws IOException {
        try (OutputStream out = Files.newOutputStream(filler(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (long left = usableBytes() - leaveBytes; left > 0; left = usableBytes() - leaveBytes) {
                try {
                    out.write(new byte[left > 2 * CHUNK_BYTES ? CHUNK_BYTES : PAGE_BYTES]);
                } catch (IOException somebodyElseTookTheRest) {
                    return;
                }
            }
        }
    }

    /** Gives back so much of what {@link #fill} took. */
    void free(long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(filler(), StandardOpenOption.WRITE)) {
            file.truncate(Math.max(0, file.size() - bytes));
        }
    }

    private Path filler() {
        return root.resolve("filler");
    }

    @Override
    public void close() throws IOException {
        try {
            new ProcessBuilder("umount", root.toString()).start().waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
