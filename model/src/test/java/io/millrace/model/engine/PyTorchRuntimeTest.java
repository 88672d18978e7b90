package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Utils;
import io.millrace.model.engine.InferenceThreads.Priority;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class PyTorchRuntimeTest {
    @BeforeAll
    static void start() {
        PyTorchRuntime.start();
    }

    @Test
    void startsOfflineWithItsOwnCache() {
        assertThat(Utils.isOfflineMode()).isTrue();
        assertThat(Utils.getEnvOrSystemProperty("OPT_OUT_TRACKING")).isEqualTo("true");
        assertThat(Utils.getEnvOrSystemProperty("PYTORCH_FLAVOR")).isEqualTo("cpu");
        assertThat(Utils.getCacheDir()).isEqualTo(Path.of(Utils.getEnvOrSystemProperty("DJL_CACHE_DIR")));
    }

    @Test
    void kernelsLoadWhereLibtorchHasOneDnn() {
        KernelLibrary.load().orElseThrow().close();
    }

    @Test
    void inferenceThreadsRecordNoGradientsAndShareNoWork() {
        try (InferenceThreads threads = InferenceThreads.create(3)) {
            List<Callable<String>> tasks = IntStream.range(0, 12)
                    .<Callable<String>>mapToObj(
                            i -> () -> i + " " + JniUtils.isGradMode() + " " + JniUtils.getNumThreads())
                    .toList();
            assertThat(threads.callAll(tasks))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 12).mapToObj(i -> i + " false 1").toList());
        }
    }

    @Test
    void aFailedTaskIsThrownOnceTheOthersHaveEnded() {
        try (InferenceThreads threads = InferenceThreads.create(2)) {
            boolean[] ended = new boolean[1];
            List<Callable<Boolean>> tasks = List.of(
                    () -> {
                        throw new IllegalArgumentException("first");
                    },
                    () -> {
                        Thread.sleep(50);
                        ended[0] = true;
                        return true;
                    });
            assertThatThrownBy(() -> threads.callAll(tasks))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("first");
            assertThat(ended[0]).isTrue();
        }
    }

    @Test
    void anInterruptIsKeptForTheCaller() {
        try (InferenceThreads threads = InferenceThreads.create(1)) {
            Thread.currentThread().interrupt();
            assertThat(threads.call(() -> 7)).isEqualTo(7);
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void urgentTasksOvertakeThoseThatWait() throws Exception {
        try (InferenceThreads threads = InferenceThreads.create(1);
                ExecutorService callers = Executors.newFixedThreadPool(2)) {
            CountDownLatch started = new CountDownLatch(1);
            CountDownLatch handedIn = new CountDownLatch(1);
            List<String> order = Collections.synchronizedList(new ArrayList<>());
            Future<?> normal = callers.submit(() -> threads.callAll(List.of(
                    () -> {
                        started.countDown();
                        return handedIn.await(20, TimeUnit.SECONDS);
                    },
                    () -> order.add("second"),
                    () -> order.add("third"))));
            assertThat(started.await(20, TimeUnit.SECONDS)).isTrue();
            Future<?> urgent = callers.submit(
                    () -> threads.callAll(List.of(() -> order.add("first"), () -> order.add("next")), Priority.URGENT));
            // The only thread is held until all are in the queue.
            while (threads.waiting() < 4) {
                Thread.onSpinWait();
            }
            handedIn.countDown();
            normal.get(20, TimeUnit.SECONDS);
            urgent.get(20, TimeUnit.SECONDS);
            assertThat(order).containsExactly("first", "next", "second", "third");
        }
    }
}
