package io.millrace.deploy.corpus;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The files that a command's arguments name.
 *
 * @param files in the order of the arguments, each once; {@code -} (standard input) is an empty path
 * @param sizeBytes size of all of them; -1 if standard input is among them
 */
public record CorpusInput(List<Path> files, long sizeBytes) {
    private static final Path STANDARD_INPUT = Path.of("");

    /**
     * Finds them.
     *
     * @param arguments files, patterns such as {@code data/*.jsonl} (for shells that did not expand them), or {@code -}
     * @throws NoSuchFileException if an argument is none of these
     */
    public static CorpusInput of(List<String> arguments) throws IOException {
        Set<Path> files = new LinkedHashSet<>();
        for (String argument : arguments) {
            if (argument.equals("-")) {
                files.add(STANDARD_INPUT);
            } else if (Files.exists(Path.of(argument)) && !Files.isDirectory(Path.of(argument))) {
                files.add(Path.of(argument));
            } else {
                files.addAll(matches(argument));
            }
        }
        long size = 0;
        for (Path file : files) {
            size = size < 0 || file.equals(STANDARD_INPUT) ? -1 : size + Files.size(file);
        }
        return new CorpusInput(List.copyOf(files), size);
    }

    private static List<Path> matches(String argument) throws IOException {
        Path pattern = Path.of(argument);
        if (Files.isDirectory(pattern)) {
            throw new IOException(argument + " is a folder; name its files, such as '" + argument + "/*.jsonl'");
        }
        Path folder = pattern.getParent() == null ? Path.of("") : pattern.getParent();
        String name = String.valueOf(pattern.getFileName());
        List<Path> found = new ArrayList<>();
        if (name.chars().anyMatch(c -> "*?[{".indexOf(c) >= 0) && Files.isDirectory(folder.toAbsolutePath())) {
            try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder, name)) {
                stream.forEach(file -> {
                    if (Files.isRegularFile(file)) {
                        found.add(file);
                    }
                });
            }
        }
        if (found.isEmpty()) {
            throw new NoSuchFileException(argument);
        }
        found.sort(null);
        return found;
    }

    /** What messages call a file of this input. */
    static String nameOf(Path file) {
        return file.equals(STANDARD_INPUT) ? "<stdin>" : file.toString();
    }

    /** Opens a file of this input, counting what is read of it. */
    static InputStream open(Path file, InputStream standardInput, AtomicLong readBytes) throws IOException {
        InputStream in = file.equals(STANDARD_INPUT) ? standardInput : Files.newInputStream(file);
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                int read = super.read();
                readBytes.addAndGet(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                int read = super.read(buffer, offset, length);
                readBytes.addAndGet(Math.max(0, read));
                return read;
            }
        };
    }
}
