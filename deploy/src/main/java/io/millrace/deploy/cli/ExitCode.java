package io.millrace.deploy.cli;

/** How a command ends; the same for every command, and part of its interface. */
public final class ExitCode {
    /** Done. */
    public static final int OK = 0;
    /** Failed; the message says why. */
    public static final int FAILED = 1;
    /** The command line or the configuration is wrong; nothing was done. */
    public static final int USAGE = 2;
    /** Done, except for documents that were refused; each was reported. */
    public static final int SOME_REFUSED = 3;
    /** The server did not answer. */
    public static final int UNREACHABLE = 4;
    /** The collection or document asked for does not exist. */
    public static final int NOT_FOUND = 5;
    /** Stored data is damaged; what was found was printed. */
    public static final int DAMAGED = 6;

    /** The list as help texts show it, in picocli's form. */
    static final String[] HELP = {
        " 0:done",
        " 1:failed; the message says why",
        " 2:wrong command line or configuration; nothing was done",
        " 3:done, except for refused documents; each was reported",
        " 4:the server did not answer",
        " 5:no such collection or document",
        " 6:stored data is damaged; what was found was printed"
    };

    private ExitCode() {}
}
