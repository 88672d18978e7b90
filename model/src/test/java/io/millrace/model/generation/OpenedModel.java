package io.millrace.model.generation;

import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.device.Placement;
import io.millrace.model.engine.InferenceThreads;
import io.millrace.model.engine.Parameters;
import io.millrace.model.engine.Precision;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.safetensors.WeightFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Callable;

/** A writing model of a folder, and a thread that is ready to run it. */
public final class OpenedModel implements AutoCloseable {
    private final InferenceThreads threads = InferenceThreads.create(1);
    private final Set<Integer> ends;
    private final WritingModel model;

    /**
     * Opens a folder.
     *
     * @param positions longest text, in tokens
     */
    public OpenedModel(Path folder, int positions) throws IOException {
        PyTorchRuntime.start();
        Architecture architecture = Architectures.read(folder.resolve("config.json"));
        this.ends = EndTokens.read(folder);
        try (WeightFiles files = WeightFiles.open(folder)) {
            Parameters parameters = new Parameters(files, architecture.backbonePrefix());
            this.model = threads.call(
                    () -> new WritingModel(architecture, parameters, Precision.FP32, Placement.CPU, positions));
        }
    }

    Set<Integer> ends() {
        return ends;
    }

    WritingModel model() {
        return model;
    }

    /** The same model without anything kept. */
    public RereadTexts rereading() {
        return new RereadTexts(model, ends);
    }

    /** Runs something on the thread. */
    public <T> T call(Callable<T> task) {
        return threads.call(task);
    }

    @Override
    public void close() {
        threads.call(() -> {
            model.close();
            return true;
        });
        threads.close();
    }
}
