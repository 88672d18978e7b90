package io.millrace.model.engine;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import io.millrace.model.device.CudaDriver;
import io.millrace.model.device.CudaSupport;
import java.nio.file.Files;
import java.nio.file.Path;

/** Starts libtorch once a JVM, without the network. */
public final class PyTorchRuntime {
    private static final String ENGINE = "PyTorch";
    private static final String CACHE = "DJL_CACHE_DIR";

    private PyTorchRuntime() {}

    /**
     * Settings that DJL reads when its classes load: no usage report, no download, natives of the CPU flavour unpacked
     * under a directory of ours. What the user has set already wins. Call before the first use of any DJL class, the
     * tokenizer's included.
     */
    public static void configure() {
        setUnlessGiven("OPT_OUT_TRACKING", "true");
        setUnlessGiven("ai.djl.offline", "true");
        setUnlessGiven("PYTORCH_FLAVOR", "cpu");
        setUnlessGiven("RUST_FLAVOR", "cpu");
        setUnlessGiven(CACHE, cacheDirectory().toString());
    }

    /** Starts the engine, or finds it started. */
    public static synchronized void start() {
        configure();
        Engine.getEngine(ENGINE);
    }

    /**
     * Readies the calling thread for inference. These settings are per thread in libtorch, and all are wrong for serving
     * on a new thread: operations would share their work with further threads, gradients would be recorded, and the graph
     * executor would spend up to 0.9 s optimising each new input shape.
     */
    public static void prepareThread() {
        JniUtils.setNumThreads(1);
        JniUtils.setGradMode(false);
        JniUtils.setGraphExecutorOptimize(false);
    }

    /** What libtorch and this machine have for computing on GPUs; starts the engine. */
    public static CudaSupport cuda() {
        start();
        Path libtorch = Path.of(LibUtils.getLibtorchPath());
        return new CudaSupport(
                libtorch,
                Files.exists(libtorch.resolve(System.mapLibraryName("torch_cuda"))),
                Engine.getEngine(ENGINE).hasCapability("CUDA"),
                CudaDriver.load());
    }

    /** An array where Java can read it: itself, or a copy with the same owner if it lies on a device. */
    public static PtNDArray onHost(PtNDArray array) {
        return array.toDevice(Device.cpu(), false);
    }

    /** A new owner of arrays on the CPU; closing it frees them. */
    public static PtNDManager newManager() {
        return (PtNDManager) NDManager.newBaseManager(Device.cpu(), ENGINE);
    }

    private static void setUnlessGiven(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    private static Path cacheDirectory() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path home = Path.of(System.getProperty("user.home", "/"));
        Path base = xdg == null || xdg.isBlank() ? home.resolve(".cache") : Path.of(xdg);
        // A container's user may have no home to write to.
        boolean writable = Files.isWritable(base) || (!Files.exists(base) && Files.isWritable(home));
        return writable
                ? base.resolve("millrace")
                : Path.of(System.getProperty("java.io.tmpdir"), "millrace-" + System.getProperty("user.name"));
    }
}
