package io.millrace.model;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.safetensors.CheckpointShards;
import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.RawTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A way to be wrong.
 *
 * @param name of the case
 * @param model tiny model that is damaged
 * @param damage how
 * @param file that the sentence must name
 * @param tensor that it must name; empty where none is at fault
 * @param remedy what it must tell the user to do
 */
record HostileCheckpoint(String name, String model, Damage damage, String file, String tensor, String remedy) {
    /** Damages a checkpoint in its directory. */
    interface Damage {
        void to(Path directory) throws IOException;
    }

    @Override
    public String toString() {
        return name;
    }

    static HostileCheckpoint weights(
            String name, String file, String tensor, String remedy, Consumer<SortedMap<String, Tensor>> change) {
        return new HostileCheckpoint(
                name,
                "bert",
                directory -> {
                    SortedMap<String, Tensor> tensors = read(directory);
                    change.accept(tensors);
                    Path target = directory.resolve(WeightFiles.SINGLE);
                    Files.delete(target);
                    write(target, tensors);
                },
                file,
                tensor,
                remedy);
    }

    static HostileCheckpoint config(
            String name, String file, String tensor, String remedy, Consumer<ObjectNode> change) {
        return new HostileCheckpoint(
                name,
                "bert",
                directory -> {
                    Path target = directory.resolve("config.json");
                    ObjectNode root = (ObjectNode) new JsonMapper().readTree(target.toFile());
                    change.accept(root);
                    Files.write(target, new JsonMapper().writeValueAsBytes(root));
                },
                file,
                tensor,
                remedy);
    }

    /** Changes the bytes of a file. */
    interface Bytes {
        byte[] of(byte[] whole);
    }

    static HostileCheckpoint bytes(String name, String file, String tensor, String remedy, Bytes change) {
        return new HostileCheckpoint(
                name,
                "bert",
                directory ->
                        Files.write(directory.resolve(file), change.of(Files.readAllBytes(directory.resolve(file)))),
                file,
                tensor,
                remedy);
    }

    static HostileCheckpoint without(String name, String file, String remedy) {
        return new HostileCheckpoint(
                name, "bert", directory -> Files.delete(directory.resolve(file)), file, "", remedy);
    }

    private static SortedMap<String, Tensor> read(Path directory) throws IOException {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        try (TensorSource files = WeightFiles.open(directory)) {
            for (String name : files.tensors()) {
                tensors.put(name, files.tensor(name));
            }
        }
        return tensors;
    }

    /** Byte by byte, because the writer refuses what the reader must refuse too. */
    private static void write(Path file, SortedMap<String, Tensor> tensors) throws IOException {
        RawTensors raw = new RawTensors();
        tensors.forEach((name, tensor) -> {
            ByteBuffer bytes =
                    ByteBuffer.allocate(tensor.values().limit() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(tensor.values().duplicate().rewind());
            raw.add(name, TensorType.F32, tensor.shape(), bytes.array());
        });
        raw.write(file);
    }

    /** Puts shards in the place of the weights; their names. */
    static List<String> sharded(Path directory) throws IOException {
        SortedMap<String, Tensor> tensors = read(directory);
        Files.delete(directory.resolve(WeightFiles.SINGLE));
        return CheckpointShards.write(
                directory, new InMemoryTensors(directory.toString(), tensors), TensorType.F32, 20_000);
    }

    static Tensor zeros(int count) {
        return new Tensor(List.of((long) count), FloatBuffer.allocate(count));
    }

    static Tensor reshaped(@Nullable Tensor tensor, long... shape) {
        return new Tensor(Arrays.stream(shape).boxed().toList(), values(tensor));
    }

    static Tensor with(@Nullable Tensor tensor, int element, float value) {
        return new Tensor(Objects.requireNonNull(tensor).shape(), values(tensor).put(element, value));
    }

    private static FloatBuffer values(@Nullable Tensor tensor) {
        FloatBuffer values = Objects.requireNonNull(tensor).values();
        return FloatBuffer.allocate(values.limit())
                .put(values.duplicate().rewind())
                .flip();
    }
}
