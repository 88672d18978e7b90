package io.millrace.model.adapter;

import io.millrace.model.InvalidModelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Values for modules by regular expression, as in {@code rank_pattern}: the first expression that matches a module's name,
 * or the end of it after a dot, decides.
 */
final class ModulePatterns {
    private static final int MAX_EXPRESSION = 1_000;

    /** Far more than an honest expression takes; a name has some fifty characters. */
    private static final int MAX_STEPS = 1_000_000;

    private final String origin;
    private final List<Pattern> expressions = new ArrayList<>();
    private final List<Double> values = new ArrayList<>();

    /**
     * From expressions in their order.
     *
     * @param origin file and field, for messages
     * @throws InvalidModelException if one is no regular expression
     */
    ModulePatterns(String origin, Map<String, Double> byExpression) {
        this.origin = origin;
        byExpression.forEach((expression, value) -> {
            if (expression.length() > MAX_EXPRESSION) {
                throw new InvalidModelException(origin + ": an expression has " + expression.length()
                        + " characters; the limit is " + MAX_EXPRESSION + ": name the modules one by one");
            }
            try {
                expressions.add(Pattern.compile("(?:.*\\.)?(?:" + expression + ")"));
            } catch (PatternSyntaxException e) {
                throw new InvalidModelException(
                        origin + ": '" + expression + "' is not a regular expression known here: " + e.getDescription()
                                + "; name the modules one by one",
                        e);
            }
            values.add(value);
        });
    }

    /** The value for a module; empty if no expression matches. */
    OptionalDouble find(String module) {
        for (int i = 0; i < expressions.size(); i++) {
            if (matches(expressions.get(i), module)) {
                return OptionalDouble.of(values.get(i));
            }
        }
        return OptionalDouble.empty();
    }

    private boolean matches(Pattern expression, String module) {
        try {
            return expression.matcher(new CountedText(module, new int[1])).matches();
        } catch (TooManySteps | StackOverflowError e) {
            throw new InvalidModelException(
                    origin + ": '" + expression.pattern() + "' takes too long to match " + module
                            + "; name the modules one by one",
                    e);
        }
    }

    /** Text that counts how often it is looked at, so that an expression made to take for ever is noticed. */
    private record CountedText(String text, int[] steps) implements CharSequence {
        @Override
        public int length() {
            return text.length();
        }

        @Override
        public char charAt(int index) {
            if (++steps[0] > MAX_STEPS) {
                throw new TooManySteps();
            }
            return text.charAt(index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new CountedText(text.substring(start, end), steps);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    private static final class TooManySteps extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
