package io.millrace.index.record;

import java.nio.file.Path;

/** A shard's storage refuses or fails; the kind says what a caller can do, the message what an operator can do. */
public final class StoreException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** What went wrong. */
    public enum Kind {
        /** Stored bytes are damaged; they are never served. */
        CORRUPT,
        /** Written by a version that this one does not know. */
        UNSUPPORTED,
        /** A write or a sync failed: nothing is written any more until the shard is opened again. */
        FAILED,
        /** The disk is full, or nearly; reads go on. */
        NO_SPACE,
        /** Another process has the directory open. */
        LOCKED,
        /** What was to be made is there already. */
        EXISTS
    }

    private final Kind kind;

    public StoreException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public StoreException(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    /** What went wrong. */
    public Kind kind() {
        return kind;
    }

    /** Refuses a write before it fills the disk; it may be tried again when there is room. */
    public static StoreException diskNearlyFull(Path directory, long usableBytes, long minFreeBytes) {
        return new StoreException(
                Kind.NO_SPACE,
                "the disk of " + directory + " has " + (usableBytes >> 20) + " MiB left and " + (minFreeBytes >> 20)
                        + " MiB are kept free; free some space, reads go on");
    }

    /** A stored value whose checksum holds but whose content cannot be read. */
    public static StoreException undecodable(String what, Exception cause) {
        return new StoreException(
                Kind.CORRUPT,
                what + " cannot be decoded: " + cause.getMessage() + "; restore the shard from a backup",
                cause);
    }

    public static StoreException corrupt(String what, String why) {
        return new StoreException(
                Kind.CORRUPT,
                what + " is damaged: " + why + "; restore the shard from a backup or build it anew from its documents");
    }
}
