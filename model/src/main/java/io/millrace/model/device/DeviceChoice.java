package io.millrace.model.device;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a model shall compute, as a user says it.
 *
 * @param kind of device
 * @param index of a CUDA device as the driver counts those that are visible, 0 for the others
 */
public record DeviceChoice(Kind kind, int index) {
    /** The processors of this machine. */
    public static final DeviceChoice CPU = new DeviceChoice(Kind.CPU, 0);

    private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,4}))?");

    /** Kinds of device. */
    public enum Kind {
        /** The processors of this machine. */
        CPU,
        /** One NVIDIA GPU. */
        CUDA,
        /** The first CUDA device where there is one that can do what is asked, and the processors otherwise. */
        AUTO
    }

    /**
     * Reads {@code cpu}, {@code cuda}, {@code cuda:N} or {@code auto}.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static DeviceChoice of(String text) {
        String label = text.toLowerCase(Locale.ROOT);
        Matcher cuda = CUDA.matcher(label);
        if (cuda.matches()) {
            return new DeviceChoice(Kind.CUDA, cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1)));
        }
        return switch (label) {
            case "cpu" -> CPU;
            case "auto" -> new DeviceChoice(Kind.AUTO, 0);
            default ->
                throw new IllegalArgumentException("device is '" + text
                        + "', but the known ones are cpu, cuda, cuda:N (N counts from 0) and auto");
        };
    }

    /** How flags, reports and libtorch spell it. */
    public String label() {
        return kind == Kind.CUDA ? "cuda:" + index : kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String toString() {
        return label();
    }
}
