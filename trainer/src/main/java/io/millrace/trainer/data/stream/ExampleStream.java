package io.millrace.trainer.data.stream;

import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.data.Draws;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.pool.SkipReason;
import java.io.IOException;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * Examples without end. Each epoch goes through all items once, in an order that (seed, epoch) decides; what is drawn for
 * an item's group depends on (seed, epoch, item). Nothing else does, so that a stream resumed from a cursor gives the very
 * same examples, and memory does not grow with the data. For one thread.
 */
public final class ExampleStream {
    private final PoolSource source;
    private final GroupSampler sampler;
    private final Map<SkipReason, Long> skipped = new EnumMap<>(SkipReason.class);
    private Cursor cursor;
    private EpochOrder order;
    private long sinceLast;

    /**
     * A stream from a cursor on.
     *
     * @throws IllegalArgumentException if the cursor belongs to other data or other rules, or there are no data
     */
    public ExampleStream(PoolSource source, GroupSampler sampler, Cursor from) {
        String digest = digest(source, sampler);
        if (!from.source().equals(digest)) {
            throw new IllegalArgumentException(
                    "the cursor belongs to data " + from.source() + ", but these are " + digest
                            + ": another file, another version of it, or other sampling rules; give those that the run began with, "
                            + "or start it anew");
        }
        if (from.position() > source.size() || source.size() == 0) {
            throw new IllegalArgumentException("the cursor is at position " + from.position() + " of an epoch of "
                    + source.size() + " items; there must be an item at least");
        }
        this.source = source;
        this.sampler = sampler;
        this.cursor = from;
        this.order = new EpochOrder(from.seed(), from.epoch(), source.size());
    }

    /** A stream from the start. */
    public static ExampleStream start(PoolSource source, GroupSampler sampler, long seed) {
        return new ExampleStream(source, sampler, Cursor.start(seed, digest(source, sampler)));
    }

    /** What a cursor of such a stream belongs to. */
    private static String digest(PoolSource source, GroupSampler sampler) {
        return Digests.of(source.digest(), sampler.rules().toString());
    }

    /**
     * The next example; items that give none are left out and counted.
     *
     * @throws IOException if data cannot be read or are not as they must be, or a whole epoch gave no example
     */
    public TrainingExample next() throws IOException {
        while (true) {
            if (cursor.position() == source.size()) {
                cursor = new Cursor(cursor.seed(), cursor.epoch() + 1, 0, cursor.source());
                order = new EpochOrder(cursor.seed(), cursor.epoch(), source.size());
            }
            long item = order.at(cursor.position());
            Optional<CandidatePool> pool = source.pool(item);
            GroupSampler.Result result = pool.isEmpty()
                    ? new GroupSampler.Result.Skipped(SkipReason.NO_ITEM)
                    : sampler.sample(pool.get(), Draws.of(cursor.seed(), cursor.epoch(), item));
            cursor = new Cursor(cursor.seed(), cursor.epoch(), cursor.position() + 1, cursor.source());
            switch (result) {
                case GroupSampler.Result.Group(TrainingExample example) -> {
                    sinceLast = 0;
                    return example;
                }
                case GroupSampler.Result.Skipped(SkipReason reason) -> {
                    skipped.merge(reason, 1L, Long::sum);
                    sinceLast++;
                    if (sinceLast > source.size()) {
                        throw new IOException("none of " + source.size() + " items gave an example of "
                                + sampler.rules().groupSize() + " candidates; left out were " + skipped
                                + ": check that queries, collection, judgements and scores belong together");
                    }
                }
            }
        }
    }

    /** Where the stream goes on. */
    public Cursor cursor() {
        return cursor;
    }

    /** How many items were left out since the stream was made, by reason. */
    public Map<SkipReason, Long> skipped() {
        return Collections.unmodifiableMap(new EnumMap<>(skipped));
    }
}
