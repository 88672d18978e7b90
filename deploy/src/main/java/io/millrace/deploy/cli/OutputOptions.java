package io.millrace.deploy.cli;

import picocli.CommandLine.Option;

/** {@code -o}: for people or for programs. */
public final class OutputOptions {
    /** Forms of output. */
    public enum Format {
        /** For people; may change from version to version. */
        TEXT,
        /** One JSON object or array a line. */
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json",
            description = "Form of the results on stdout; json is one object a line. Default: text.")
    private Format format = Format.TEXT;

    /** Whether JSON is wanted. */
    public boolean json() {
        return format == Format.JSON;
    }
}
