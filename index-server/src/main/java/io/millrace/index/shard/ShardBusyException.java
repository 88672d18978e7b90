package io.millrace.index.shard;

/** A shard has as much to write as it will hold; nothing was done, and a later try may succeed. */
public final class ShardBusyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShardBusyException(String message) {
        super(message);
    }
}
