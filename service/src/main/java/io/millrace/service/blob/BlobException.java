package io.millrace.service.blob;

import java.io.IOException;

/** A blob that cannot be stored or read; the message says why and what to do. */
public final class BlobException extends IOException {
    private static final long serialVersionUID = 1L;

    /** What kind of failure, for whoever must answer a caller. */
    public enum Reason {
        /** No room, by a limit or on the disk. */
        NO_ROOM,
        /** Somebody else writes the same blob now. */
        BUSY,
        /** The bytes are not those of the hash, or too many or too few. */
        MISMATCH,
        /** There is no such blob. */
        MISSING,
        /** The file system failed. */
        FAILED
    }

    private final Reason reason;

    BlobException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    BlobException(Reason reason, String message, IOException cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** What kind of failure it is. */
    public Reason reason() {
        return reason;
    }

    /** What happened and what to do, as one line. */
    @Override
    public String getMessage() {
        return java.util.Objects.requireNonNull(super.getMessage());
    }
}
