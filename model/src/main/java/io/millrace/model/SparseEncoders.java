package io.millrace.model;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.lexical.LexicalEncoder;
import io.millrace.model.lexical.LexicalFolder;
import java.io.IOException;
import java.nio.file.Path;

/** Opens checkpoints for encoding. */
public final class SparseEncoders {
    private SparseEncoders() {}

    /**
     * Checks a checkpoint directory, loads its weights and starts its inference threads; where tables serve both roles,
     * neither is needed and neither happens. Nothing is downloaded.
     *
     * @param directory see {@link Checkpoint#open}; or one of a {@link LexicalEncoder}
     * @return to be closed by the caller
     * @throws InvalidModelException if the checkpoint is damaged, inconsistent or not supported, its tokenizer does not know
     *     the contract's prefix or suffix, or {@code maxTokens} exceeds the model's positions or leaves no room for a text
     * @throws IOException if a file cannot be read
     */
    public static SparseEncoder open(Path directory, EncoderOptions options) throws IOException {
        if (LexicalFolder.is(directory)) {
            return LexicalEncoder.open(directory, options);
        }
        return open(Checkpoint.open(directory), options);
    }

    /**
     * Loads a checkpoint that was read before, under its own contract or another.
     *
     * @return to be closed by the caller
     * @throws InvalidModelException as {@link #open(Path, EncoderOptions)} does
     * @throws IOException if a file cannot be read
     */
    public static SparseEncoder open(Checkpoint read, EncoderOptions options) throws IOException {
        PyTorchRuntime.configure();
        Checkpoint checkpoint = read.withAdapters(options.adapters());
        if (options.maxTokens().isPresent()) {
            checkpoint = checkpoint.withContract(
                    checkpoint.contract().withMaxTokens(options.maxTokens().getAsInt()));
        }
        EncoderLoader loader = new EncoderLoader(checkpoint, options);
        try {
            return loader.load();
        } catch (IOException | RuntimeException e) {
            loader.close();
            throw e;
        }
    }
}
