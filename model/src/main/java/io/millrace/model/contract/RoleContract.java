package io.millrace.model.contract;

import java.nio.file.Path;

/**
 * How texts of one role, queries or documents, become vectors.
 *
 * @param checkpoint sub-directory that holds the role's own tokenizer and weights; empty = the checkpoint directory itself
 * @param text to tokens
 * @param reading tokens to hidden states
 * @param head hidden states to weights
 * @param pruning of the weights
 */
public record RoleContract(
        String checkpoint, TextContract text, ReadingContract reading, HeadContract head, PruningContract pruning) {
    /** Refuses a place that is no sub-directory. */
    public RoleContract {
        Path path = Path.of(checkpoint);
        if (path.isAbsolute() || !path.normalize().equals(path) || path.startsWith("..") || checkpoint.contains("\\")) {
            throw new IllegalArgumentException("checkpoint is '" + checkpoint
                    + "', but must name a sub-directory of the checkpoint, or be empty for the directory itself");
        }
    }

    /** A role whose files are in the checkpoint directory itself. */
    public RoleContract(TextContract text, ReadingContract reading, HeadContract head, PruningContract pruning) {
        this("", text, reading, head, pruning);
    }

    /** The same with another length, in tokens. */
    public RoleContract withMaxTokens(int tokens) {
        return new RoleContract(checkpoint, text.withMaxTokens(tokens), reading, head, pruning);
    }

    /** The same with another head. */
    public RoleContract withHead(HeadContract other) {
        return new RoleContract(checkpoint, text, reading, other, pruning);
    }

    /** The same in another sub-directory. */
    public RoleContract withCheckpoint(String directory) {
        return new RoleContract(directory, text, reading, head, pruning);
    }

    /** Longest piece read at once, in tokens with special tokens. */
    public int maxTokens() {
        return text.maxTokens();
    }
}
