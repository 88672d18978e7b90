package io.millrace.trainer.data.store;

import java.io.IOException;
import java.nio.file.Path;

/** A store is not what was written; it is built again from its source once it is deleted. */
public final class DamagedStoreException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Says what does not fit. */
    public DamagedStoreException(Path file, String what) {
        super(file + ": " + what + "; the store is damaged or was cut off: delete it, and it is built again");
    }
}
