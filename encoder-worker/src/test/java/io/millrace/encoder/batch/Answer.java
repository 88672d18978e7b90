package io.millrace.encoder.batch;

import io.millrace.vector.SparseVector;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** A caller that keeps what it is told. */
final class Answer implements EncodeJob.Caller {
    /** Thrown at whoever asks for the vectors of a failed request. */
    static final class Failed extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Failure failure;

        Failed(Failure failure) {
            super(failure.toString());
            this.failure = failure;
        }
    }

    private final CompletableFuture<List<SparseVector>> vectors = new CompletableFuture<>();
    private final AtomicBoolean gone = new AtomicBoolean();

    void leave() {
        gone.set(true);
    }

    List<SparseVector> vectors() throws Exception {
        return vectors.get(20, TimeUnit.SECONDS);
    }

    Failure failure() throws Exception {
        Throwable thrown = vectors.handle((ok, e) -> e).get(20, TimeUnit.SECONDS);
        if (thrown instanceof Failed failed) {
            return failed.failure;
        }
        throw new AssertionError("did not fail");
    }

    boolean done() {
        return vectors.isDone();
    }

    @Override
    public boolean gone() {
        return gone.get();
    }

    @Override
    public void encoded(List<SparseVector> result) {
        if (!vectors.complete(result)) {
            throw new AssertionError("answered twice");
        }
    }

    @Override
    public void failed(Failure failure) {
        if (!vectors.completeExceptionally(new Failed(failure))) {
            throw new AssertionError("answered twice");
        }
    }
}
