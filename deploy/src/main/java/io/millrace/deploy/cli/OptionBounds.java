package io.millrace.deploy.cli;

/** What the numbers of options may be. */
public final class OptionBounds {
    private OptionBounds() {}

    /**
     * The value of an option, if it is large enough.
     *
     * @throws IllegalArgumentException if not; the message names the option
     */
    public static int atLeast(String option, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(option + " is " + value + "; it must be " + least + " or more");
        }
        return value;
    }
}
