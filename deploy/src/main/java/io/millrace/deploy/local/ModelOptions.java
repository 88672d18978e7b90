package io.millrace.deploy.local;

import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --model}, {@code --adapter}, {@code --precision} and {@code --device}: a model and how it is opened. */
public final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "DIR",
            description = "Folder of a checkpoint or a lexical model. Default: the embedded model.")
    private @Nullable Path model;

    @Option(
            names = "--adapter",
            paramLabel = "DIR",
            description = "Folder of a LoRA adapter to merge into the weights; may be given more than once.")
    private List<Path> adapters = new ArrayList<>();

    @Option(
            names = "--precision",
            paramLabel = "FORMAT",
            description =
                    "Number format of linear layers: fp32, bf16, fp16 (GPUs), int8 or int4 (CPUs). Default: ${DEFAULT-VALUE}.")
    private String precision = "fp32";

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description =
                    "Where to compute: cpu, cuda, cuda:N, or auto for a GPU if there is one. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    /** Whether any of the options was given. */
    public boolean given() {
        return model != null || !adapters.isEmpty() || !precision.equals("fp32") || !device.equals("cpu");
    }

    /**
     * What was chosen, where the embedded model would not do.
     *
     * @param what is wanted, for the message
     * @throws IllegalArgumentException as {@link #choice} does, and if no model was named
     */
    public ModelChoice named(String what) {
        if (model == null) {
            throw new IllegalArgumentException("--model is missing; name the folder of " + what);
        }
        return choice();
    }

    /**
     * What was chosen.
     *
     * @throws IllegalArgumentException if there is no model, or the number format or the device is unknown, or the format is
     *     not for the device
     */
    public ModelChoice choice() {
        Precision format = Precision.of(precision);
        DeviceChoice place = DeviceChoice.of(device);
        format.requireOn(place);
        return new ModelChoice(Models.find(model), adapters, format, place);
    }
}
