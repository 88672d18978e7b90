package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.pytorch.jni.JniUtils;
import ai.djl.util.Utils;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
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
}
