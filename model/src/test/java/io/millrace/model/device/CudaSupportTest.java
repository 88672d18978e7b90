package io.millrace.model.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CudaSupportTest {
    private static final Path LIBTORCH = Path.of("/opt/torch/lib");

    private static CudaSupport support(boolean linked, boolean available, Optional<FakeCudaDriver> driver) {
        return new CudaSupport(LIBTORCH, linked, available, driver.flatMap(fake -> CudaDriver.of(fake.library())));
    }

    @Test
    void namesTheDeviceAndItsFreeMemory() {
        FakeCudaDriver driver = new FakeCudaDriver(2);
        CudaSupport support = support(true, true, Optional.of(driver));
        Placement placement = support.require(1);
        assertThat(placement).isEqualTo(new Placement("cuda:1", false, "cuda:1 (Fake GPU 1)"));
        assertThat(placement.onHost()).isFalse();
        assertThat(placement.threads(8)).isEqualTo(1);
        assertThat(placement.cudaIndex()).hasValue(1);
        assertThat(support.freeBytes(1)).contains(1001L);
        assertThat(driver.contextsHeld())
                .as("contexts retained and not released")
                .isZero();
    }

    @Test
    void saysThatLibtorchLacksCudaAndHowToGetOneThatHasIt() {
        assertThatThrownBy(() -> support(false, false, Optional.empty()).require(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("device is cuda:0")
                .hasMessageContaining(LIBTORCH + " was built without CUDA")
                .hasMessageContaining("deploy/gpu/setup-cuda.sh")
                .hasMessageContaining("--device cpu");
    }

    @Test
    void saysThatThereIsNoDriver() {
        assertThatThrownBy(() -> support(true, false, Optional.empty()).require(0))
                .hasMessageContaining("finds no CUDA device, for there is no NVIDIA driver (libcuda.so.1) here")
                .hasMessageContaining("nvidia-smi");
    }

    @Test
    void saysThatTheDriverHasNoDeviceForLibtorch() {
        assertThatThrownBy(() ->
                        support(true, false, Optional.of(new FakeCudaDriver(1))).require(0))
                .hasMessageContaining("finds no CUDA device; check that nvidia-smi lists one")
                .hasMessageContaining("CUDA_VISIBLE_DEVICES");
    }

    @Test
    void refusesADeviceBeyondTheLast() {
        assertThatThrownBy(() ->
                        support(true, true, Optional.of(new FakeCudaDriver(2))).require(2))
                .hasMessageContaining("device is cuda:2, but there are 2 CUDA devices, counted from 0");
    }

    @Test
    void aDriverThatDoesNotStartIsNone() {
        FakeCudaDriver broken = new FakeCudaDriver(1);
        broken.refuseToStart();
        assertThat(CudaDriver.of(broken.library())).isEmpty();
    }
}
