package io.millrace.model.adapter;

import io.millrace.model.safetensors.InMemoryTensors;
import io.millrace.model.safetensors.RawTensors;
import io.millrace.model.safetensors.Tensor;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Small bases and adapters with random values. */
final class AdapterFiles {
    private final Path folder;
    private final Random random;

    AdapterFiles(Path folder, long seed) {
        this.folder = folder;
        this.random = new Random(seed);
    }

    double[] values(long... shape) {
        long elements = 1;
        for (long extent : shape) {
            elements *= extent;
        }
        return random.doubles(elements, -1, 1).map(value -> (float) value).toArray();
    }

    /** A base with one weight for every name, all of one shape. */
    TensorSource base(long rows, long columns, String... names) {
        SortedMap<String, Tensor> tensors = new TreeMap<>();
        for (String name : names) {
            FloatBuffer values = FloatBuffer.allocate((int) (rows * columns));
            for (double value : values(rows, columns)) {
                values.put((float) value);
            }
            tensors.put(name, new Tensor(List.of(rows, columns), values.flip()));
        }
        return new InMemoryTensors("base", tensors);
    }

    /** Factors of a module; the names are those of today. */
    RawTensors factors(RawTensors tensors, String module, long rows, long columns, long rank) {
        return tensors.add(
                        "base_model.model." + module + ".lora_A.weight",
                        TensorType.F32,
                        List.of(rank, columns),
                        values(rank, columns))
                .add(
                        "base_model.model." + module + ".lora_B.weight",
                        TensorType.F32,
                        List.of(rows, rank),
                        values(rows, rank));
    }

    /** An adapter's directory. */
    Path adapter(String name, String config, RawTensors tensors) throws IOException {
        Path directory = Files.createDirectories(folder.resolve(name));
        Files.writeString(directory.resolve(AdaptedTensors.CONFIG), config);
        tensors.write(directory.resolve(AdaptedTensors.WEIGHTS));
        return directory;
    }

    /** A configuration with the fields given, in JSON, after those that every one has. */
    static String config(int rank, double alpha, String more) {
        return "{\"peft_type\":\"LORA\",\"r\":" + rank + ",\"lora_alpha\":" + alpha + more + "}";
    }
}
