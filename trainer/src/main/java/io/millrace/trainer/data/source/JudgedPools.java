package io.millrace.trainer.data.source;

import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.pool.Candidate;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Queries with judgements, one item each, in the order of the judgements; negatives come from elsewhere. */
public final class JudgedPools implements PoolSource {
    private final Collection collection;
    private final Relevance relevance;
    private final NegativeLists negatives;
    private final boolean sharedIds;
    private final List<String> queryIds;

    private JudgedPools(Collection collection, Qrels qrels, NegativeLists negatives, boolean sharedIds) {
        this.collection = collection;
        this.relevance = new Relevance(qrels);
        this.negatives = negatives;
        this.sharedIds = sharedIds;
        this.queryIds = qrels.queryIds().stream()
                .filter(id -> qrels.judgements(id).values().stream().anyMatch(grade -> grade > 0))
                .toList();
    }

    /**
     * Over a collection, which is closed with it.
     *
     * @param qrels a grade above 0 makes a positive; judged documents of grade 0 may be negatives
     */
    public static JudgedPools of(Collection collection, Qrels qrels, NegativeLists negatives) {
        return new JudgedPools(collection, qrels, negatives, false);
    }

    /** The same for a BEIR folder, where a document with the query's id is the query itself, and never its negative. */
    public static JudgedPools beir(Collection collection, Qrels qrels, NegativeLists negatives) {
        return new JudgedPools(collection, qrels, negatives, true);
    }

    @Override
    public long size() {
        return queryIds.size();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        String id = queryIds.get((int) item);
        Optional<Passage> query = collection.queries().find(id);
        if (query.isEmpty()) {
            return Optional.empty();
        }
        Set<String> relevant = relevance.of(id, Set.of());
        List<Candidate> positives = relevant.stream()
                .sorted()
                .map(document -> NegativeLists.byId(document, collection.documents()))
                .toList();
        if (sharedIds) {
            relevant.add(id);
        }
        return Optional.of(
                new CandidatePool(query.get(), positives, negatives.of(id, collection.documents()), relevant));
    }

    @Override
    public String digest() {
        return Digests.of(
                "judged", collection.digest(), relevance.digest(), negatives.digest(), Boolean.toString(sharedIds));
    }

    @Override
    public void close() {
        collection.close();
    }
}
