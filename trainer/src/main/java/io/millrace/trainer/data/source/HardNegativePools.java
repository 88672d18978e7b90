package io.millrace.trainer.data.source;

import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.HardNegatives;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Queries of a file of hard negatives, one item a line; their positives are in the line, and texts in a collection. */
public final class HardNegativePools implements PoolSource {
    private final HardNegativeFile file;
    private final Set<String> systems;
    private final Collection collection;
    private final Relevance relevance;

    /**
     * Over an open file and a collection, both closed with this.
     *
     * @param systems whose negatives are used; empty for all
     * @param relevance what is relevant beside the line's positives
     */
    public HardNegativePools(HardNegativeFile file, Set<String> systems, Collection collection, Relevance relevance) {
        this.file = file;
        this.systems = Set.copyOf(systems);
        this.collection = collection;
        this.relevance = relevance;
    }

    @Override
    public long size() {
        return file.size();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        Optional<HardNegatives> line = file.at(item);
        if (line.isEmpty()) {
            return Optional.empty();
        }
        HardNegatives found = line.get();
        Optional<Passage> query = collection.queries().find(found.queryId());
        return query.map(text -> new CandidatePool(
                text,
                found.positives().stream()
                        .map(id -> NegativeLists.byId(id, collection.documents()))
                        .toList(),
                NegativeLists.listed(List.copyOf(found.of(systems)), collection.documents()),
                relevance.of(found.queryId(), new HashSet<>(found.positives()))));
    }

    @Override
    public String digest() {
        return Digests.of(
                "hard negatives",
                file.digest(),
                systems.stream().sorted().toList().toString(),
                collection.digest(),
                relevance.digest());
    }

    @Override
    public void close() {
        file.close();
        collection.close();
    }
}
