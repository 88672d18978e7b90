package io.millrace.model;

import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.head.TokenWeights;
import io.millrace.model.lexical.LexicalEncoder;
import io.millrace.model.lexical.LexicalFolder;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Opens checkpoints for encoding. */
public final class SparseEncoders {
    private SparseEncoders() {}

    /**
     * Checks a checkpoint directory, loads its weights and starts its inference thread. Nothing is downloaded.
     *
     * @param directory see {@link Checkpoint#open}; or one of a {@link LexicalEncoder}
     * @return to be closed by the caller
     * @throws InvalidModelException if the checkpoint is damaged, inconsistent or not supported, or {@code maxTokens}
     *     exceeds the model's positions
     * @throws IOException if a file cannot be read
     */
    public static SparseEncoder open(Path directory, EncoderOptions options) throws IOException {
        if (LexicalFolder.is(directory)) {
            return LexicalEncoder.open(directory, options);
        }
        PyTorchRuntime.configure();
        Checkpoint checkpoint = Checkpoint.open(directory).withAdapters(options.adapters());
        if (options.maxTokens().isPresent()) {
            checkpoint = checkpoint.withContract(
                    checkpoint.contract().withMaxTokens(options.maxTokens().getAsInt()));
        }
        TextTokenizer tokenizer = TextTokenizer.open(directory.resolve(Checkpoint.TOKENIZER));
        try {
            Map<TextRole, TokenWeights> tables = tables(checkpoint);
            SparseModel model = SparseModel.load(directory, checkpoint.architecture(), checkpoint.contract(), options);
            return new CheckpointEncoder(checkpoint, tokenizer, model, tables, options);
        } catch (IOException | RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    private static Map<TextRole, TokenWeights> tables(Checkpoint checkpoint) throws IOException {
        Map<TextRole, TokenWeights> tables = new EnumMap<>(TextRole.class);
        for (TextRole role : TextRole.values()) {
            RoleContract contract = checkpoint.contract().role(role);
            Optional<TokenWeights> table = TokenWeights.of(contract, checkpoint.directory(), checkpoint.vocabulary());
            table.ifPresent(weights -> tables.put(role, weights));
        }
        return tables;
    }
}
