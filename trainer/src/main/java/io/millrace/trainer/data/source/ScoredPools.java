package io.millrace.trainer.data.source;

import io.millrace.trainer.data.pool.Candidate;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Candidates;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.teacher.ScoreSource;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** Pools of another source with a teacher's scores, found by the ids of query and document. */
public final class ScoredPools implements PoolSource {
    private final PoolSource pools;
    private final ScoreSource teacher;

    /**
     * Over another source, closed with this.
     *
     * @param teacher closed by whoever opened it
     */
    public ScoredPools(PoolSource pools, ScoreSource teacher) {
        this.pools = pools;
        this.teacher = teacher;
    }

    @Override
    public long size() {
        return pools.size();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        Optional<CandidatePool> pool = pools.pool(item);
        if (pool.isEmpty()) {
            return pool;
        }
        CandidatePool found = pool.get();
        if (found.query().id().isEmpty()) {
            throw new IOException(
                    "the query '" + found.query().text()
                            + "' has no id, by which a teacher's scores could be found; use data with ids, or with scores in them");
        }
        Map<String, Float> scores = teacher.scores(found.query().id());
        return Optional.of(new CandidatePool(
                found.query(),
                found.positives().stream()
                        .map(candidate -> scored(candidate, scores))
                        .toList(),
                new Candidates() {
                    @Override
                    public long size() {
                        return found.negatives().size();
                    }

                    @Override
                    public Optional<Candidate> at(long place) throws IOException {
                        return found.negatives().at(place).map(candidate -> scored(candidate, scores));
                    }
                },
                found.relevant()));
    }

    private static Candidate scored(Candidate candidate, Map<String, Float> scores) {
        Float score = scores.get(candidate.id());
        return candidate.withScore(score == null ? OptionalDouble.empty() : OptionalDouble.of(score));
    }

    @Override
    public String digest() {
        return Digests.of("scored", pools.digest(), teacher.digest());
    }

    @Override
    public void close() throws IOException {
        pools.close();
    }
}
