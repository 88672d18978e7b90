package io.millrace.encoder.models;

import io.millrace.model.SparseEncoder;
import io.millrace.v1.GoldenParity;
import io.millrace.v1.ModelReference;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A model in a slot, with a count of the batches that use it: it is freed only after the last of them is answered. Safe for any
 * thread.
 */
public final class ServedModel implements AutoCloseable {
    private final SparseEncoder encoder;
    private final Optional<Published> published;
    private final Runnable onClosed;
    private final CompletableFuture<@Nullable Void> unused = new CompletableFuture<>();

    // Guarded by this.
    private int uses;
    private boolean retired;

    /**
     * Where a published model comes from.
     *
     * @param reference name and version
     * @param manifestSha256 of its manifest
     * @param parity how near it came to its golden vectors
     */
    public record Published(ModelReference reference, String manifestSha256, GoldenParity parity) {}

    private ServedModel(SparseEncoder encoder, Optional<Published> published, Runnable onClosed) {
        this.encoder = encoder;
        this.published = published;
        this.onClosed = onClosed;
    }

    /** A model that was opened from a folder. */
    public static ServedModel ofFolder(SparseEncoder encoder) {
        return new ServedModel(encoder, Optional.empty(), () -> {});
    }

    /**
     * A published model.
     *
     * @param onClosed told when it is freed, so that its files may go
     */
    public static ServedModel of(SparseEncoder encoder, Published published, Runnable onClosed) {
        return new ServedModel(encoder, Optional.of(published), onClosed);
    }

    /** The encoder; to be used between {@link #acquire} and {@link #release} only. */
    public SparseEncoder encoder() {
        return encoder;
    }

    /** Where it comes from; empty = opened from a folder. */
    public Optional<Published> published() {
        return published;
    }

    /** Begins a use; false if the model is being unloaded. */
    public synchronized boolean acquire() {
        if (retired) {
            return false;
        }
        uses++;
        return true;
    }

    /** Ends a use. */
    public void release() {
        boolean last;
        synchronized (this) {
            last = --uses == 0 && retired;
        }
        if (last) {
            unused.complete(null);
        }
    }

    /** Lets nobody begin a use any more; completes when the last one has ended. */
    public CompletableFuture<@Nullable Void> retire() {
        boolean free;
        synchronized (this) {
            retired = true;
            free = uses == 0;
        }
        if (free) {
            unused.complete(null);
        }
        return unused;
    }

    /** Frees the model; nobody may use it any more. */
    @Override
    public void close() {
        encoder.close();
        onClosed.run();
    }
}
