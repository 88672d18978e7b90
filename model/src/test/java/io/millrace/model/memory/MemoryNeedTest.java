package io.millrace.model.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.RawTensors;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryNeedTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path root;

    private void file(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private void meminfo(long availableKib) throws IOException {
        file("proc/meminfo", "MemTotal:       99999999 kB\nMemFree: 1 kB\nMemAvailable:   " + availableKib + " kB\n");
    }

    private AvailableMemory available() {
        return AvailableMemory.of(root).orElseThrow();
    }

    @Test
    void addsUpWhatIsHeldAndOnceMoreTheLargest() throws IOException {
        RawTensors tensors = new RawTensors()
                .add("small", TensorType.F32, List.of(2L), 1, 2)
                .add("large", TensorType.F16, List.of(5L), 1, 2, 3, 4, 5)
                .add("ids", TensorType.I64, List.of(1L), new byte[8]);
        try (SafetensorsFile file = SafetensorsFile.open(tensors.write(root.resolve("model.safetensors")))) {
            MemoryNeed need = MemoryNeed.of(file, TensorType.F32);
            assertThat(need).isEqualTo(new MemoryNeed(26, 28, "large", 20));
            assertThat(need.peakBytes()).isEqualTo(48);
            assertThat(MemoryNeed.of(file, TensorType.BF16).heldBytes()).isEqualTo(14);
            assertThat(MemoryNeed.of(file, tensor -> tensor.name().equals("small") ? 3 : 0))
                    .isEqualTo(new MemoryNeed(26, 3, "small", 3));
        }
    }

    @Test
    void refusesAModelThatDoesNotFitWithTheFigures() {
        MemoryNeed need = new MemoryNeed(2_500_000_000L, 5_000_000_000L, "model.embed_tokens.weight", 1_050_000_000L);
        need.requireFits("models/llama", new AvailableMemory(6_050_000_000L, "MemAvailable of /proc/meminfo"));
        assertThatThrownBy(() -> need.requireFits(
                        "models/llama", new AvailableMemory(6_049_999_999L - 1_000_000_000, "the limit in memory.max")))
                .isInstanceOf(InvalidModelException.class)
                .hasMessage("models/llama needs 6.05 GB of memory (5.00 GB of weights, and 1.05 GB while "
                        + "model.embed_tokens.weight is prepared), but 5.05 GB are available by the limit in memory.max; hold "
                        + "the weights in a narrower type, end other processes, or use a machine or container with more "
                        + "memory");
    }

    @Test
    void takesWhatTheMachineHasWhereNoGroupSetsALimit() throws IOException {
        meminfo(3 << 20);
        file("proc/self/cgroup", "0::/user.slice\n");
        file("sys/fs/cgroup/user.slice/memory.max", "max\n");
        file("sys/fs/cgroup/user.slice/memory.current", "5000\n");
        assertThat(available().bytes()).isEqualTo(3 * GIB);
        assertThat(available().source()).startsWith("MemAvailable of ").endsWith("proc/meminfo");
    }

    @Test
    void takesTheLeastOfTheGroupsAroundTheProcess() throws IOException {
        meminfo(30 << 20);
        file("proc/self/cgroup", "0::/pods/pod/container\n");
        file("sys/fs/cgroup/pods/pod/container/memory.max", 8 * GIB + "\n");
        file("sys/fs/cgroup/pods/pod/container/memory.current", GIB + "\n");
        file("sys/fs/cgroup/pods/memory.max", 6 * GIB + "\n");
        file("sys/fs/cgroup/pods/memory.current", 5 * GIB + "\n");
        // Cached files are given up when memory is short; shared memory and the rest are not.
        file(
                "sys/fs/cgroup/pods/memory.stat",
                "anon 1\nshmem 7\ninactive_file " + 2 * GIB + "\nactive_file " + GIB + "\nfile 5\n");
        assertThat(available().bytes()).isEqualTo(4 * GIB);
        assertThat(available().source()).endsWith("sys/fs/cgroup/pods/memory.max");
    }

    @Test
    void readsTheLimitsOfVersionOneAndOfAContainerWhosePathIsHidden() throws IOException {
        meminfo(30 << 20);
        file("proc/self/cgroup", "12:cpu,cpuacct:/\n9:hugetlb,memory:/docker/abc\n0::/docker/abc\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", 4 * GIB + "\n");
        file("sys/fs/cgroup/memory/memory.usage_in_bytes", 3 * GIB + "\n");
        file("sys/fs/cgroup/memory/memory.stat", "inactive_file 1\ntotal_inactive_file " + GIB + "\n");
        assertThat(available().bytes()).isEqualTo(2 * GIB);
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assertThat(available().bytes()).isEqualTo(30 * GIB);
    }

    @Test
    void aGroupBeyondItsLimitLeavesNothing() throws IOException {
        meminfo(1);
        file("proc/self/cgroup", "0::/\n");
        file("sys/fs/cgroup/memory.max", "1000\n");
        file("sys/fs/cgroup/memory.current", "2000\n");
        assertThat(available().bytes()).isZero();
    }

    @Test
    void ignoresFilesThatMakeNoSense() throws IOException {
        meminfo(7);
        file("proc/self/cgroup", "\nx\n0::/../../outside\n1:memory\n");
        file("outside/memory.max", "1\n");
        file("outside/memory.current", "1\n");
        file("sys/fs/cgroup/memory.max", "-5\n");
        file("sys/fs/cgroup/memory.current", "");
        assertThat(available().bytes()).isEqualTo(7 * 1024);
    }

    @Test
    void withoutSuchFilesTheSizeOfTheMachineCounts() {
        assertThat(AvailableMemory.of(root)).isEmpty();
        assertThat(AvailableMemory.now().bytes()).isPositive();
    }
}
