package io.millrace.model.engine;

import ai.djl.pytorch.jni.JniUtils;
import java.util.function.Supplier;

/** libtorch's switch that says whether operations of the calling thread record gradients. */
public final class GradientMode {
    private GradientMode() {}

    /** Runs something while gradients are recorded, or while they are not, and puts the switch back. */
    public static <T> T with(boolean recorded, Supplier<T> action) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(recorded);
        try {
            return action.get();
        } finally {
            JniUtils.setGradMode(before);
        }
    }
}
