package io.millrace.index.store;

import io.millrace.index.record.StoreException;
import java.nio.file.Path;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/** What RocksDB's failures mean for a shard, and what to do about them. */
final class RocksFailures {
    /** The system's text of EIO, which RocksDB passes on. */
    private static final String INPUT_OUTPUT_ERROR = "Input/output error";

    private RocksFailures() {}

    /** Whether the disk is full. */
    static boolean isNoSpace(RocksDBException e) {
        Status status = e.getStatus();
        return status != null && status.getSubCode() == Status.SubCode.NoSpace;
    }

    static StoreException failedRead(RocksDBException e) {
        return new StoreException(
                StoreException.Kind.CORRUPT,
                "reading failed: " + e.getMessage() + "; check the disk, then restore the shard from a backup",
                e);
    }

    /** A failure to write files beside the log, which may be tried again if there was no space. */
    static StoreException failedWrite(String what, RocksDBException e) {
        if (isNoSpace(e)) {
            return new StoreException(
                    StoreException.Kind.NO_SPACE,
                    what + " ran out of disk space: " + e.getMessage() + "; free some, it is tried again",
                    e);
        }
        return new StoreException(
                StoreException.Kind.FAILED,
                what + " could not be written: " + e.getMessage() + "; check the disk, then restart the server",
                e);
    }

    /** A failure to write the log: what is on disk of the last batch is unknown, and nothing may follow it. */
    static StoreException failedCommit(String shard, RocksDBException e) {
        if (isNoSpace(e)) {
            return new StoreException(
                    StoreException.Kind.NO_SPACE,
                    "the log of " + shard + " ran out of disk space: " + e.getMessage()
                            + "; free some, then restart the server to write again",
                    e);
        }
        return failedWrite(shard, e);
    }

    /** A failure to open a shard; recovering its log writes files, and what a crash left stays whole if that fails. */
    static StoreException failedOpen(Path directory, RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        if (message.contains("lock")) {
            return new StoreException(
                    StoreException.Kind.LOCKED,
                    "shard directory " + directory + " is open already: " + message
                            + "; stop the process that holds it",
                    e);
        }
        String refused = "shard directory " + directory + " cannot be opened: " + message;
        if (isNoSpace(e)) {
            return new StoreException(
                    StoreException.Kind.NO_SPACE, refused + "; free some space, then start the server again", e);
        }
        if (message.contains(INPUT_OUTPUT_ERROR)) {
            return new StoreException(
                    StoreException.Kind.FAILED, refused + "; check the disk, then start the server again", e);
        }
        return new StoreException(
                StoreException.Kind.CORRUPT,
                refused + "; restore the shard from a backup or build it anew from its documents",
                e);
    }
}
