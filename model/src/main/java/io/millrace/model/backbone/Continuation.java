package io.millrace.model.backbone;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.IValue;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.batch.TokenBatch;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Texts that a causal stack reads token by token, each time the new one only: keys and values of those before it are kept.
 * A text's states do not depend on what else is being read. Used by one thread.
 */
public final class Continuation implements AutoCloseable {
    /** Room is made for so many tokens at a time: few copies, and little of it empty when most texts end early. */
    private static final int BLOCK = 16;

    private final KernelStack stack;
    private final Optional<IValue> across;
    private final PtNDManager owner = PyTorchRuntime.newManager();
    private final KeyValueCache cache;
    private PtNDArray states;
    /** Tokens read of each text. */
    private int[] cells;
    /** The encoded text that each text sees. */
    private int[] sources;
    /** Tokens of each encoded text. */
    private int[] encoded;

    /**
     * Reads how texts begin.
     *
     * @param across see {@link KernelStack#across}; empty for a stack without an encoder; closed with this
     */
    Continuation(KernelStack stack, ModelInput prompts, Optional<IValue> across) {
        TokenBatch batch = prompts.reader();
        if (!stack.spec().shape().causal()) {
            throw new IllegalArgumentException("only causal stacks go on reading; this one sees what follows, too");
        }
        this.stack = stack;
        this.across = across;
        this.cells = batch.lengths().clone();
        this.sources = IntStream.range(0, batch.size()).toArray();
        this.encoded = prompts.encoder().map(TokenBatch::lengths).orElse(new int[batch.size()]);
        requirePositions(batch.width());
        this.cache = stack.cache(batch.size(), batch.width());
        try {
            this.states = behind(batch, prompts.groups());
        } catch (RuntimeException e) {
            cache.close();
            owner.close();
            throw e;
        }
    }

    /** Reads whole texts; the states of their last cells. */
    private PtNDArray behind(TokenBatch batch, long[] groups) {
        try (PtNDManager local = PyTorchRuntime.newManager()) {
            PtNDArray all = stack.states(batch, groups, across, Optional.of(cache), local);
            int[] starts = batch.starts();
            int[] lengths = batch.lengths();
            long[] last = IntStream.range(0, lengths.length)
                    .mapToLong(text -> starts[text] + lengths[text] - 1L)
                    .toArray();
            NDArray chosen = all.get(((NDManager) local).create(last));
            chosen.attach(owner);
            return (PtNDArray) chosen;
        }
    }

    /** States [B, H] behind the last token of each text; freed by the next {@link #read} or {@link #close}. */
    public PtNDArray states() {
        return states;
    }

    /**
     * Reads one more token of some texts; the others are dropped.
     *
     * @param rows texts to go on with, by their rows in {@link #states}, ascending; one that is to go on in several ways
     *     is there several times
     * @param tokens the next token of each [B]
     * @return {@link #states}, whose rows are now these
     * @throws IllegalArgumentException if a text gets longer than positions were prepared for
     */
    public PtNDArray read(int[] rows, int[] tokens) {
        requireRows(rows, tokens);
        int[] chosen = pick(cells, rows);
        int longest = longest(chosen);
        requirePositions(longest + 1);
        boolean same = Arrays.equals(rows, IntStream.range(0, cells.length).toArray());
        boolean full = longest == cache.cells();
        if (!same || full) {
            int room = Math.min(longest / BLOCK * BLOCK + BLOCK, stack.positions());
            cache.choose(rows, longest, room);
        }
        cells = chosen;
        chooseSources(pick(sources, rows));
        PtNDArray next = stack.step(tokens, cells, groups(), across, cache, owner);
        states.close();
        states = next;
        cells = Arrays.stream(cells).map(read -> read + 1).toArray();
        return states;
    }

    /** Bytes of keys and values held for the texts, without those of their encoder. */
    public long cachedBytes() {
        return cache.bytes();
    }

    /** Drops encoded texts that nobody reads any more. */
    private void chooseSources(int[] chosen) {
        int[] left = Arrays.stream(chosen).distinct().toArray();
        if (across.isPresent() && left.length < encoded.length) {
            int[] starts = new int[encoded.length];
            for (int text = 1; text < starts.length; text++) {
                starts[text] = starts[text - 1] + encoded[text - 1];
            }
            int[] lengths = encoded;
            stack.chooseAcross(
                    across.get(),
                    Arrays.stream(left)
                            .flatMap(text -> IntStream.range(starts[text], starts[text] + lengths[text]))
                            .toArray());
        }
        encoded = pick(encoded, left);
        sources = Arrays.stream(chosen)
                .map(source -> Arrays.binarySearch(left, source))
                .toArray();
    }

    /** See {@link KernelStack#step}: texts that share an encoded one, or neighbours of one length that share nothing. */
    private long[] groups() {
        int[] readers = new int[encoded.length];
        Arrays.stream(sources).forEach(source -> readers[source]++);
        LongStream.Builder groups = LongStream.builder();
        for (int begin = 0, end = 1; end <= encoded.length; end++) {
            boolean joins =
                    end < encoded.length && readers[begin] == 1 && readers[end] == 1 && encoded[end] == encoded[begin];
            if (!joins) {
                groups.add(end - begin).add(readers[begin]).add(encoded[begin]);
                begin = end;
            }
        }
        return groups.build().toArray();
    }

    private void requireRows(int[] rows, int[] tokens) {
        if (rows.length == 0 || rows.length != tokens.length) {
            throw new IllegalArgumentException(
                    "each of " + rows.length + " texts needs one next token, and one text at "
                            + "least is needed, but there are " + tokens.length + " tokens");
        }
        for (int i = 0; i < rows.length; i++) {
            if (rows[i] < 0 || rows[i] >= cells.length || (i > 0 && rows[i] < rows[i - 1])) {
                throw new IllegalArgumentException(
                        "rows must be ascending and below " + cells.length + ", but are " + Arrays.toString(rows));
            }
        }
    }

    private void requirePositions(int length) {
        if (length > stack.positions()) {
            throw new IllegalArgumentException(
                    "a text would have " + length + " tokens, but positions were prepared for " + stack.positions()
                            + "; shorten the text, or load the model for longer ones");
        }
    }

    private static int[] pick(int[] values, int[] rows) {
        return Arrays.stream(rows).map(row -> values[row]).toArray();
    }

    private static int longest(int[] lengths) {
        return Arrays.stream(lengths).max().orElse(0);
    }

    /** Frees keys, values and states. Idempotent. */
    @Override
    public void close() {
        cache.close();
        across.ifPresent(IValue::close);
        owner.close();
    }
}
