package io.millrace.trainer.run;

import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Several sources, one behind the other; their order is no order of training, which is drawn over all items.
 *
 * @param sources closed by whoever opened them
 */
record JoinedPools(List<PoolSource> sources) implements PoolSource {
    @Override
    public long size() {
        return sources.stream().mapToLong(PoolSource::size).sum();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        long left = item;
        for (PoolSource source : sources) {
            if (left < source.size()) {
                return source.pool(left);
            }
            left -= source.size();
        }
        throw new IndexOutOfBoundsException("there are " + size() + " items, but item " + item + " is asked for");
    }

    @Override
    public String digest() {
        return Digests.of(sources.stream().map(PoolSource::digest).toArray(String[]::new));
    }

    @Override
    public void close() {}
}
