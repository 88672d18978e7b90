package io.millrace.model.device;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What this process has for computing on NVIDIA GPUs.
 *
 * @param libtorch folder of the libtorch that is loaded
 * @param linked whether it was built with CUDA
 * @param available whether it finds a device that it can use
 * @param driver NVIDIA's driver; empty if there is none
 */
public record CudaSupport(Path libtorch, boolean linked, boolean available, Optional<CudaDriver> driver) {
    private static final String SETUP =
            "deploy/gpu/setup-cuda.sh installs one and prints the variable PYTORCH_LIBRARY_PATH to start Millrace with; or "
                    + "use --device cpu";

    /**
     * The device with an index.
     *
     * @throws IllegalArgumentException saying what is missing and how to get it
     */
    public Placement require(int index) {
        String asked = "device is cuda:" + index + ", but ";
        if (!linked) {
            throw new IllegalArgumentException(
                    asked + "the libtorch in " + libtorch + " was built without CUDA; " + SETUP);
        }
        if (!available) {
            throw new IllegalArgumentException(
                    asked + "the libtorch in " + libtorch + " finds no CUDA device"
                            + (driver.isEmpty() ? ", for there is no NVIDIA driver (libcuda.so.1) here" : "")
                            + "; check that nvidia-smi lists one and that CUDA_VISIBLE_DEVICES does not hide it, or use --device cpu");
        }
        int count = driver.map(CudaDriver::count).orElse(index + 1);
        if (index >= count) {
            throw new IllegalArgumentException(asked + "there are " + count
                    + " CUDA devices, counted from 0; name one of them, or change CUDA_VISIBLE_DEVICES");
        }
        return Placement.cuda(index, driver.map(found -> found.name(index)).orElse("name unknown"));
    }

    /** Bytes that are free on a device; empty if that cannot be told. */
    public Optional<Long> freeBytes(int index) {
        return driver.map(found -> found.freeBytes(index));
    }
}
