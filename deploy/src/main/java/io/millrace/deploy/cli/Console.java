package io.millrace.deploy.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;

/**
 * Where a command reads and writes. Results go to {@code out}; everything that is said about the work (progress,
 * refusals, warnings) goes to {@code err}, so that results can be piped.
 *
 * @param in standard input
 * @param out results, UTF-8
 * @param err everything else, UTF-8
 * @param columns width of the terminal that {@code err} is; 0 = it is none
 * @param nanoTime clock for rates
 */
public record Console(InputStream in, PrintStream out, PrintStream err, int columns, LongSupplier nanoTime) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The process's own. The launcher says through {@code millrace.terminal.columns} whether stderr is a terminal. */
    public static Console system() {
        return new Console(
                new FileInputStream(FileDescriptor.in),
                new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                Integer.getInteger("millrace.terminal.columns", 0),
                System::nanoTime);
    }

    /** Whether {@code err} is a terminal, on which a line can be redrawn. */
    public boolean isTerminal() {
        return columns > 0;
    }

    /** Prints one line of results. */
    public void print(String line) {
        out.println(line);
    }

    /** Prints a value as one line of JSON. */
    public void printJson(Object value) {
        try {
            out.println(JSON.writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Says something about the work. */
    public void say(String line) {
        err.println(line);
    }
}
