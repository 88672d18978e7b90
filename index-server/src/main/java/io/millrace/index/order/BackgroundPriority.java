package io.millrace.index.order;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets threads that merge give way to those that search and write: a thread's nice value, which Java has no means to set. Only
 * where the system counts it by thread, which is Linux; elsewhere nothing happens.
 */
public final class BackgroundPriority {
    private static final Logger LOG = LoggerFactory.getLogger(BackgroundPriority.class);

    // A ninth of the share of a thread at 0, where both want the same core.
    private static final int NICE = 10;
    private static final int THIS_THREAD = 0;
    private static final int PRIO_PROCESS = 0;
    private static final Optional<MethodHandle> SET_PRIORITY = setPriority();

    private BackgroundPriority() {}

    /** Lowers the calling thread, for good. */
    public static void lower() {
        SET_PRIORITY.ifPresent(set -> {
            try {
                int failed = (int) set.invokeExact(PRIO_PROCESS, THIS_THREAD, NICE);
                LOG.debug("nice value {} set: {}", NICE, failed == 0);
            } catch (Throwable e) {
                LOG.debug("the nice value cannot be set", e);
            }
        });
    }

    /** A pool of lowered threads. */
    static ForkJoinPool pool(int threads) {
        return new ForkJoinPool(threads, LoweredThread::new, null, false);
    }

    private static final class LoweredThread extends ForkJoinWorkerThread {
        LoweredThread(ForkJoinPool pool) {
            super(pool);
            setName("millrace-order-" + getPoolIndex());
        }

        @Override
        protected void onStart() {
            super.onStart();
            lower();
        }
    }

    @SuppressWarnings("restricted") // a call of the system's own
    private static Optional<MethodHandle> setPriority() {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("setpriority")
                .map(symbol -> linker.downcallHandle(
                        symbol,
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT)));
    }
}
