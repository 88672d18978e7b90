package io.millrace.model.engine;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** The kernels and one thread that is ready for them, for as long as the tests of a class run. */
public final class OpenedKernels implements BeforeAllCallback, AfterAllCallback {
    private @Nullable KernelLibrary kernels;
    private @Nullable InferenceThreads threads;

    @Override
    public void beforeAll(ExtensionContext context) {
        PyTorchRuntime.start();
        kernels = KernelLibrary.load().orElseThrow();
        threads = InferenceThreads.create(1);
    }

    @Override
    public void afterAll(ExtensionContext context) {
        threads().close();
        library().close();
    }

    /** The kernels. */
    public KernelLibrary library() {
        if (kernels == null) {
            throw new IllegalStateException("kernels are there while tests run; register this as an extension");
        }
        return kernels;
    }

    /** The thread. */
    public InferenceThreads threads() {
        if (threads == null) {
            throw new IllegalStateException("the thread is there while tests run; register this as an extension");
        }
        return threads;
    }
}
