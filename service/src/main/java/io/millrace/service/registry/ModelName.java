package io.millrace.service.registry;

import io.millrace.v1.ModelReference;
import java.util.regex.Pattern;

/**
 * A published model as people write it: {@code NAME}, {@code NAME@latest} or {@code NAME@3}.
 *
 * @param name of the model
 * @param version from 1; 0 = the latest
 */
public record ModelName(String name, long version) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");
    private static final Pattern VERSION = Pattern.compile("[1-9][0-9]{0,17}");
    private static final String LATEST = "latest";

    /** What a name must be, for messages. */
    static final String RULE = "1 to 128 of a-z, 0-9, '.', '-' and '_', starting with a letter or digit";

    /**
     * Checks the form.
     *
     * @throws IllegalArgumentException if the name or the version cannot be one
     */
    public ModelName {
        if (!isName(name)) {
            throw new IllegalArgumentException("'" + shortened(name) + "' is not a model's name; use " + RULE);
        }
        if (version < 0) {
            throw new IllegalArgumentException("the version of " + name + " is " + version + "; use 1 or more");
        }
    }

    /** Whether a text can be a model's name. */
    public static boolean isName(String text) {
        return NAME.matcher(text).matches();
    }

    /**
     * Reads what a person wrote.
     *
     * @throws IllegalArgumentException if it is none of the three forms
     */
    public static ModelName parse(String text) {
        int at = text.indexOf('@');
        if (at < 0) {
            return new ModelName(text, 0);
        }
        String version = text.substring(at + 1);
        if (version.equals(LATEST)) {
            return new ModelName(text.substring(0, at), 0);
        }
        if (!VERSION.matcher(version).matches()) {
            throw new IllegalArgumentException("'" + shortened(text)
                    + "' does not name a version; write NAME, NAME@latest or NAME@NUMBER, such as millrace-tiny@3");
        }
        return new ModelName(text.substring(0, at), Long.parseLong(version));
    }

    /** The model of a reference. */
    public static ModelName of(ModelReference reference) {
        return new ModelName(reference.getName(), reference.getVersion());
    }

    /** As calls take it. */
    public ModelReference reference() {
        return ModelReference.newBuilder().setName(name).setVersion(version).build();
    }

    private static String shortened(String text) {
        return text.length() <= 140 ? text : text.substring(0, 140) + "…";
    }

    @Override
    public String toString() {
        return name + "@" + (version == 0 ? LATEST : Long.toString(version));
    }
}
