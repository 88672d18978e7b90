package io.millrace.model.memory;

import io.millrace.model.InvalidModelException;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.TensorSource;
import io.millrace.model.safetensors.TensorType;
import java.nio.file.Path;

/** Whether a model fits on the device that it was asked for, before anything is copied there. */
public final class DeviceMemory {
    private DeviceMemory() {}

    /**
     * Refuses a model whose weights exceed what is free on its device; does nothing for other devices than GPUs, or where the driver does
     * not tell. Activations come on top, and are known only from the texts.
     *
     * @param directory of the model, for the message
     * @throws InvalidModelException with both figures and what to do
     */
    public static void requireFits(Path directory, TensorSource files, Precision precision, Placement placement) {
        if (placement.cudaIndex().isEmpty()) {
            return;
        }
        int index = placement.cudaIndex().getAsInt();
        PyTorchRuntime.cuda()
                .freeBytes(index)
                .ifPresent(free -> need(files, precision)
                        .requireFits(
                                directory.toString(),
                                new AvailableMemory(free, "the free memory of " + placement.description())));
    }

    /** Linear layers are held in the precision, and nearly all weights are theirs. */
    static MemoryNeed need(TensorSource files, Precision precision) {
        return MemoryNeed.of(files, precision == Precision.FP32 ? TensorType.F32 : TensorType.BF16);
    }
}
