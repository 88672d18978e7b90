package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Command that copies a checkpoint to another storage type and gives it a {@code millrace.json}. */
public final class ConvertCheckpoint {
    private ConvertCheckpoint() {}

    /** {@code SOURCE TARGET BF16|F16|F32 NAME}; exit status 2 for wrong arguments, 1 for a checkpoint that is refused. */
    public static void main(String[] args) throws IOException {
        List<String> types = List.of(TensorType.BF16.name(), TensorType.F16.name(), TensorType.F32.name());
        if (args.length != 4 || !types.contains(args[2])) {
            System.err.println("usage: ConvertCheckpoint SOURCE TARGET BF16|F16|F32 NAME");
            System.exit(2);
        }
        try {
            Checkpoint copy = CheckpointWriter.copy(
                    Checkpoint.open(Path.of(args[0])), Path.of(args[1]), TensorType.valueOf(args[2]), args[3]);
            System.out.print(copy.contract());
            System.out.println("space " + copy.spaceId());
        } catch (InvalidModelException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }
}
