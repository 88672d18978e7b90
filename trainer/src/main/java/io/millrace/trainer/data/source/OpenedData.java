package io.millrace.trainer.data.source;

import io.millrace.trainer.data.Cursor;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.stream.ExampleStream;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Data that a recipe names, open. Close what reads ahead before this.
 *
 * @param pools the items
 * @param sampler draws their groups
 * @param others what was opened beside the pools
 */
public record OpenedData(PoolSource pools, GroupSampler sampler, List<Closeable> others) implements Closeable {
    /** Examples from the start. */
    public ExampleStream start(long seed) {
        return ExampleStream.start(pools, sampler, seed);
    }

    /** Examples from a cursor on. */
    public ExampleStream resume(Cursor cursor) {
        return new ExampleStream(pools, sampler, cursor);
    }

    @Override
    public void close() throws IOException {
        pools.close();
        for (Closeable other : others) {
            other.close();
        }
    }
}
