package io.millrace.deploy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.deploy.cli.Console;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * What a command line did.
 *
 * @param code exit code
 * @param out what it printed as result
 * @param err what it said about the work
 */
public record CommandRun(int code, String out, String err) {
    /** Runs a command line with an empty standard input. */
    public static CommandRun of(String... arguments) {
        return withInput(new byte[0], arguments);
    }

    /** Runs a command line with a standard input. */
    public static CommandRun withInput(byte[] input, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(
                new ByteArrayInputStream(input),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                0,
                System::nanoTime);
        int code = Main.commands(console).execute(arguments);
        return new CommandRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** The last line of the result, as JSON. */
    public JsonNode json() {
        try {
            return new ObjectMapper().readTree(out.lines().reduce("", (first, second) -> second));
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + out, e);
        }
    }
}
