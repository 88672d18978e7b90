package io.millrace.model;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Path;

/** Opens checkpoints for encoding. */
public final class SparseEncoders {
    private SparseEncoders() {}

    /**
     * Checks a checkpoint directory, loads its weights and starts its inference thread. Nothing is downloaded.
     *
     * @param directory see {@link Checkpoint#open}
     * @return to be closed by the caller
     * @throws InvalidModelException if the checkpoint is damaged, inconsistent or not supported, or {@code maxTokens}
     *     exceeds the model's positions
     * @throws IOException if a file cannot be read
     */
    public static SparseEncoder open(Path directory, EncoderOptions options) throws IOException {
        PyTorchRuntime.configure();
        Checkpoint checkpoint = Checkpoint.open(directory);
        if (options.maxTokens().isPresent()) {
            checkpoint = checkpoint.withContract(
                    checkpoint.contract().withMaxTokens(options.maxTokens().getAsInt()));
        }
        TextTokenizer tokenizer = TextTokenizer.open(directory.resolve(Checkpoint.TOKENIZER));
        try {
            return new CheckpointEncoder(checkpoint, tokenizer, SparseModel.load(checkpoint, options), options);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }
}
