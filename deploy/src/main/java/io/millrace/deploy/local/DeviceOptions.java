package io.millrace.deploy.local;

import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import picocli.CommandLine.Option;

/** In which number format models compute, and where. */
public final class DeviceOptions {
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
        return !precision.equals("fp32") || !device.equals("cpu");
    }

    /**
     * Where to compute.
     *
     * @throws IllegalArgumentException if it is unknown
     */
    public DeviceChoice device() {
        return DeviceChoice.of(device);
    }

    /**
     * The number format.
     *
     * @throws IllegalArgumentException if it is unknown, or not for the device
     */
    public Precision precision() {
        Precision format = Precision.of(precision);
        format.requireOn(device());
        return format;
    }
}
