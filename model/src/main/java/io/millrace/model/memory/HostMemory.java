package io.millrace.model.memory;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Whether a model fits into this machine's memory beside what is there already, before anything is read. */
public final class HostMemory {
    private HostMemory() {}

    /**
     * Refuses a checkpoint whose weights exceed the memory that is available; does nothing for a GPU, whose memory is checked
     * where weights are copied there.
     *
     * @throws InvalidModelException with both figures and what to do
     * @throws IOException if a file cannot be read
     */
    public static void requireFits(Checkpoint checkpoint, EncoderOptions options, AvailableMemory available)
            throws IOException {
        if (options.device().kind() == DeviceChoice.Kind.CUDA) {
            return;
        }
        Set<Path> directories = new HashSet<>();
        long held = 0;
        for (TextRole role : TextRole.values()) {
            EncoderFiles files = checkpoint.encoder(role);
            if (checkpoint.contract().role(role).head().needsModel() && directories.add(files.directory())) {
                try (WeightFiles weights = WeightFiles.open(files.directory())) {
                    MemoryNeed need = DeviceMemory.need(weights, options.precision());
                    need.requireFits(
                            files.directory().toString(),
                            new AvailableMemory(Math.max(0, available.bytes() - held), available.source()));
                    held += need.heldBytes();
                }
            }
        }
    }
}
