package io.millrace.service;

import java.io.IOException;
import java.io.Reader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * Reads a configuration record from flags, environment and a properties file, in that order of precedence.
 *
 * <p>Every component carries {@link Setting}. Supported types: String, int, long, double, boolean, Path, Duration
 * ({@code 500ms}, {@code 10s}, {@code 2m}), List of String (comma-separated) and enums.
 */
public final class Settings {
    private static final String CONFIG_FLAG = "config";

    private Settings() {}

    /** A wrong flag, variable or file entry; the message says which, what was seen and what would do. */
    public static final class InvalidSettingException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;

        InvalidSettingException(String message) {
            super(message);
        }
    }

    /**
     * Builds a record from command-line arguments such as {@code --port 7300 --data-dir=/data}, the environment, and
     * the file named by {@code --config}.
     *
     * @throws InvalidSettingException for an unknown flag or key, a missing or malformed value
     */
    public static <R extends Record> R read(Class<R> type, List<String> arguments, Map<String, String> environment) {
        Map<String, String> flags = parseFlags(type, arguments);
        Map<String, String> file = readFile(type, flags.get(CONFIG_FLAG));
        RecordComponent[] components = type.getRecordComponents();
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = value(components[i], flags, environment, file);
        }
        return construct(type, components, values);
    }

    /** One line for each setting: flag, variable, default and help. */
    public static String help(Class<? extends Record> type) {
        StringBuilder text = new StringBuilder();
        text.append("  --config FILE  [MILLRACE_CONFIG]\n      Properties file with any of the keys below.\n");
        for (RecordComponent component : type.getRecordComponents()) {
            Setting setting = setting(component);
            text.append("  --").append(key(component)).append(' ').append(typeName(component));
            text.append("  [").append(variable(key(component))).append(']');
            text.append(setting.fallback().isEmpty() ? "  required" : "  default " + setting.fallback());
            text.append("\n      ").append(setting.help()).append('\n');
        }
        return text.toString();
    }

    private static Map<String, String> parseFlags(Class<? extends Record> type, List<String> arguments) {
        Map<String, String> flags = new TreeMap<>();
        List<String> known = new ArrayList<>(keys(type));
        known.add(CONFIG_FLAG);
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (!argument.startsWith("--")) {
                throw new InvalidSettingException("unexpected argument '" + argument + "'; settings are --name value");
            }
            int equals = argument.indexOf('=');
            String name = equals < 0 ? argument.substring(2) : argument.substring(2, equals);
            requireKnown("flag --" + name, name, known);
            if (equals >= 0) {
                flags.put(name, argument.substring(equals + 1));
            } else if (i + 1 < arguments.size()) {
                flags.put(name, arguments.get(++i));
            } else {
                throw new InvalidSettingException("flag --" + name + " has no value");
            }
        }
        return flags;
    }

    private static Map<String, String> readFile(
            Class<? extends Record> type, @org.jspecify.annotations.Nullable String file) {
        if (file == null) {
            return Map.of();
        }
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file), StandardCharsets.UTF_8)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new InvalidSettingException("cannot read configuration file " + file + ": " + e.getMessage());
        }
        Map<String, String> values = new TreeMap<>();
        for (String name : properties.stringPropertyNames()) {
            requireKnown("key '" + name + "' in " + file, name, keys(type));
            values.put(name, properties.getProperty(name).strip());
        }
        return values;
    }

    private static Object value(
            RecordComponent component,
            Map<String, String> flags,
            Map<String, String> environment,
            Map<String, String> file) {
        String key = key(component);
        String variable = variable(key);
        String text = flags.get(key);
        String source = "--" + key;
        if (text == null && environment.containsKey(variable)) {
            text = environment.get(variable);
            source = variable;
        }
        if (text == null && file.containsKey(key)) {
            text = file.get(key);
            source = "key " + key;
        }
        if (text == null) {
            text = setting(component).fallback();
            if (text.isEmpty()) {
                throw new InvalidSettingException("--" + key + " is required (or " + variable + ", or " + key
                        + " in the file given with --config): "
                        + setting(component).help());
            }
        }
        try {
            return convert(component, text.strip());
        } catch (IllegalArgumentException e) {
            throw new InvalidSettingException(source + " is '" + text + "', which is not a valid " + typeName(component)
                    + ": " + setting(component).help());
        }
    }

    private static Object convert(RecordComponent component, String text) {
        Class<?> type = component.getType();
        if (type == String.class) {
            return text.equals("none") ? "" : text;
        } else if (type == int.class) {
            return Integer.parseInt(text);
        } else if (type == long.class) {
            return Long.parseLong(text);
        } else if (type == double.class) {
            return Double.parseDouble(text);
        } else if (type == boolean.class) {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException(text);
            }
            return Boolean.parseBoolean(text);
        } else if (type == Path.class) {
            return Path.of(text);
        } else if (type == Duration.class) {
            return duration(text);
        } else if (type == List.class) {
            return text.equals("none")
                    ? List.of()
                    : Arrays.stream(text.split(",", -1))
                            .map(String::strip)
                            .filter(s -> !s.isEmpty())
                            .toList();
        } else if (type.isEnum()) {
            return enumConstant(type, text);
        }
        throw new IllegalStateException("unsupported setting type " + type);
    }

    private static Object enumConstant(Class<?> type, String text) {
        for (Object constant : type.getEnumConstants()) {
            if (((Enum<?>) constant).name().equalsIgnoreCase(text.replace('-', '_'))) {
                return constant;
            }
        }
        throw new IllegalArgumentException(text);
    }

    private static Duration duration(String text) {
        int digits = 0;
        while (digits < text.length() && Character.isDigit(text.charAt(digits))) {
            digits++;
        }
        long amount = Long.parseLong(text.substring(0, digits));
        return switch (text.substring(digits)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static <R extends Record> R construct(Class<R> type, RecordComponent[] components, Object[] values) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException wrong) {
                throw new InvalidSettingException(String.valueOf(wrong.getMessage()));
            }
            throw new IllegalStateException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void requireKnown(String what, String name, Collection<String> known) {
        if (!known.contains(name)) {
            throw new InvalidSettingException(
                    "unknown " + what + "; did you mean '" + NearestName.of(name, known) + "'?");
        }
    }

    private static List<String> keys(Class<? extends Record> type) {
        return Arrays.stream(type.getRecordComponents()).map(Settings::key).toList();
    }

    private static String key(RecordComponent component) {
        return component.getName().replaceAll("([a-z0-9])([A-Z])", "$1-$2").toLowerCase(Locale.ROOT);
    }

    private static String variable(String key) {
        return "MILLRACE_" + key.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    private static Setting setting(RecordComponent component) {
        Setting setting = component.getAnnotation(Setting.class);
        if (setting == null) {
            throw new IllegalStateException(component + " carries no @Setting");
        }
        return setting;
    }

    private static String typeName(RecordComponent component) {
        Class<?> type = component.getType();
        if (type.isEnum()) {
            return String.join(
                    "|",
                    Arrays.stream(type.getEnumConstants())
                            .map(c -> ((Enum<?>) c)
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                    .replace('_', '-'))
                            .toList());
        }
        return type == List.class ? "A,B,…" : type.getSimpleName().toUpperCase(Locale.ROOT);
    }
}
