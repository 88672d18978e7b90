package io.millrace.deploy.local;

import io.millrace.model.EncoderOptions;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import java.util.List;

/**
 * A model and how it is opened.
 *
 * @param folder checkpoint or lexical model
 * @param adapters folders of LoRA adapters, merged in order; the result is another space
 * @param precision number format of linear layers
 * @param device where it computes
 */
public record ModelChoice(Path folder, List<Path> adapters, Precision precision, DeviceChoice device) {
    /** Copies the adapters. */
    public ModelChoice {
        adapters = List.copyOf(adapters);
    }

    /** The model as it is, in fp32 on the CPU. */
    public static ModelChoice of(Path folder) {
        return new ModelChoice(folder, List.of(), Precision.FP32, DeviceChoice.CPU);
    }

    /** How an encoder or a scorer is opened in this process. */
    public EncoderOptions options() {
        return EncoderOptions.defaults()
                .withAdapters(adapters)
                .withPrecision(precision)
                .withDevice(device);
    }
}
