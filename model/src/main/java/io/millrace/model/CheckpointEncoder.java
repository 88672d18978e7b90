package io.millrace.model;

import io.millrace.model.batch.BatchPlan;
import io.millrace.model.batch.PaddedBatch;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.tokenizer.TextTokenizer;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;

/** A checkpoint, ready to encode. Safe for many threads. */
final class CheckpointEncoder implements SparseEncoder {
    /**
     * Small rectangles keep a thread's activations in its own cache and give every thread something to do: 256 padded
     * tokens took 6.0 ms of CPU a text of 122 tokens, 512 took 7, 1,024 took 7 to 10 and 2,048 took 12 (128 wide).
     */
    private static final BatchPlan PLAN = new BatchPlan(256, 128);

    private final Checkpoint checkpoint;
    private final TextTokenizer tokenizer;
    private final SparseModel model;
    private final EncoderOptions options;
    private final String spaceId;
    private final BitSet ignored = new BitSet();

    CheckpointEncoder(Checkpoint checkpoint, TextTokenizer tokenizer, SparseModel model, EncoderOptions options) {
        this.checkpoint = checkpoint;
        this.tokenizer = tokenizer;
        this.model = model;
        this.options = options;
        this.spaceId = checkpoint.spaceId();
        if (checkpoint.contract().head().specialTokens() == SpecialTokenPolicy.MASK) {
            checkpoint.vocabulary().specialIds().forEach(ignored::set);
        }
    }

    @Override
    public String name() {
        return checkpoint.contract().name();
    }

    @Override
    public String spaceId() {
        return spaceId;
    }

    @Override
    public int vocabularySize() {
        return checkpoint.contract().head().outputs();
    }

    @Override
    public int maxTokens(TextRole role) {
        return checkpoint.contract().role(role).maxTokens();
    }

    @Override
    public String device() {
        return options.device() + " (" + options.threads() + (options.threads() == 1 ? " thread)" : " threads)");
    }

    @Override
    public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
        RoleContract contract = checkpoint.contract().role(role);
        List<String> prefixed = contract.prefix().isEmpty()
                ? texts
                : texts.stream().map(text -> contract.prefix() + text).toList();
        return tokenizer.tokenize(prefixed, contract.maxTokens());
    }

    @Override
    public List<SparseVector> encode(List<TokenizedText> batch, TextRole role) {
        int[] lengths = new int[batch.size()];
        for (int i = 0; i < lengths.length; i++) {
            lengths[i] = checkedLength(i, batch.get(i).ids(), role);
        }
        List<SparseVector> vectors = new ArrayList<>(Collections.nCopies(lengths.length, SparseVector.EMPTY));
        int topTerms = checkpoint.contract().role(role).topTerms();
        List<int[]> groups = PLAN.group(lengths);
        List<PaddedBatch> padded = groups.stream()
                .map(group -> PaddedBatch.of(
                        Arrays.stream(group).mapToObj(i -> batch.get(i).ids()).toList(), ignored, 0))
                .toList();
        List<List<SparseVector>> encoded = model.encodeAll(padded);
        for (int g = 0; g < groups.size(); g++) {
            for (int i = 0; i < groups.get(g).length; i++) {
                vectors.set(groups.get(g)[i], TopTerms.keep(encoded.get(g).get(i), topTerms));
            }
        }
        return vectors;
    }

    /** The text's length, or 0 if none of its positions counts, so that its vector is empty. */
    private int checkedLength(int position, int[] ids, TextRole role) {
        if (ids.length > maxTokens(role)) {
            throw new IllegalArgumentException(
                    "text " + position + " has " + ids.length + " tokens, but the limit of a " + role + " is "
                            + maxTokens(role) + "; tokenise it with this encoder");
        }
        boolean counts = false;
        for (int id : ids) {
            if (id < 0 || id >= checkpoint.config().vocabularySize()) {
                throw new IllegalArgumentException("text " + position + " has token id " + id + ", but ids lie in [0, "
                        + checkpoint.config().vocabularySize() + "); tokenise it with this encoder");
            }
            counts |= !ignored.get(id);
        }
        return counts ? ids.length : 0;
    }

    @Override
    public String term(int termId) {
        return checkpoint.vocabulary().term(termId);
    }

    @Override
    public void close() {
        model.close();
        tokenizer.close();
    }
}
