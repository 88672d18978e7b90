package io.millrace.model.device;

import java.util.OptionalInt;

/**
 * How a model's weights lie in memory, which decides where its kernels compute: they follow their weights.
 *
 * @param torchDevice where, as libtorch spells it: {@code cpu}, {@code cuda:0}
 * @param packed whether linear layers are in oneDNN's own layouts, which only CPUs have
 * @param description for people, such as {@code cuda:0 (NVIDIA H200)}
 */
public record Placement(String torchDevice, boolean packed, String description) {
    private static final String HOST = "cpu";
    private static final String CUDA = "cuda:";

    /** In this process's memory, as CPUs compute fastest. */
    public static final Placement CPU = new Placement(HOST, true, HOST);

    /** In this process's memory, but as other devices hold weights. */
    public static final Placement CPU_UNPACKED = new Placement(HOST, false, HOST);

    /** On a CUDA device. */
    public static Placement cuda(int index, String name) {
        String device = CUDA + index;
        return new Placement(device, false, device + " (" + name + ")");
    }

    /** Which CUDA device it is, if it is one. */
    public OptionalInt cudaIndex() {
        return torchDevice.startsWith(CUDA)
                ? OptionalInt.of(Integer.parseInt(torchDevice.substring(CUDA.length())))
                : OptionalInt.empty();
    }

    /** Whether Java can read what kernels return. */
    public boolean onHost() {
        return torchDevice.equals(HOST);
    }

    /**
     * Calls into a model at once: a CPU computes fastest with a call a core, a device takes whole batches one after the
     * other, and would only hold the activations of several at a time.
     *
     * @param asked what a CPU would get
     */
    public int threads(int asked) {
        return onHost() ? asked : 1;
    }
}
