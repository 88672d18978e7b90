package io.millrace.deploy.bench;

import io.millrace.model.device.DeviceChoice;
import java.nio.file.Path;
import java.util.List;

/**
 * What to encode, and how.
 *
 * @param model what encodes
 * @param data folder in BEIR's layout
 * @param limits of the run
 * @param kernels name of {@link io.millrace.model.EncoderOptions.Kernels}
 */
record EncodeJob(Model model, Path data, Limits limits, String kernels) {
    /**
     * A model.
     *
     * @param folder of a checkpoint or a lexical model
     * @param adapters folders of LoRA adapters to merge, in order
     * @param device where it computes
     */
    record Model(Path folder, List<Path> adapters, DeviceChoice device) {
        Model {
            adapters = List.copyOf(adapters);
        }
    }

    /**
     * Numbers of a run.
     *
     * @param documents most documents read; 0 = all
     * @param maxTokens where texts are cut; 0 = where the checkpoint says
     * @param threads of inference
     * @param repetitions how often all documents are encoded
     */
    record Limits(int documents, int maxTokens, int threads, int repetitions) {}
}
