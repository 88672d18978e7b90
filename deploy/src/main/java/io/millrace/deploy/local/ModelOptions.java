package io.millrace.deploy.local;

import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private final DeviceOptions compute = new DeviceOptions();

    /** Whether any of the options was given. */
    public boolean given() {
        return model != null || !adapters.isEmpty() || compute.given();
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
        Precision format = compute.precision();
        DeviceChoice place = compute.device();
        return new ModelChoice(Models.find(model), adapters, format, place);
    }
}
