package io.millrace.trainer.data.source;

import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.PassageStore;
import io.millrace.trainer.data.pool.Candidate;
import io.millrace.trainer.data.pool.Candidates;
import io.millrace.trainer.teacher.ScoreSource;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** Where the negatives of judged queries come from. Safe for many threads. */
public sealed interface NegativeLists {
    /**
     * Documents that a query's negatives are drawn from.
     *
     * @param corpus where their texts are
     */
    Candidates of(String queryId, PassageStore corpus) throws IOException;

    /** Digest of the lists. */
    String digest();

    /** Any document of the collection. */
    record Anything() implements NegativeLists {
        @Override
        public Candidates of(String queryId, PassageStore corpus) {
            return new Candidates() {
                @Override
                public long size() {
                    return corpus.size();
                }

                @Override
                public Optional<Candidate> at(long place) throws IOException {
                    return corpus.at(place).map(Candidate::of);
                }
            };
        }

        @Override
        public String digest() {
            return "anything";
        }
    }

    /**
     * All documents that a teacher scored for the query, as DistilSplade draws them.
     *
     * @param teacher whose
     */
    record Scored(ScoreSource teacher) implements NegativeLists {
        @Override
        public Candidates of(String queryId, PassageStore corpus) throws IOException {
            return listed(List.copyOf(teacher.scores(queryId).keySet()), corpus);
        }

        @Override
        public String digest() {
            return "scored " + teacher.digest();
        }
    }

    /**
     * What systems found for the query.
     *
     * @param file hard negatives by query; closed by whoever opened it
     * @param systems whose; empty for all
     */
    record Mined(HardNegativeFile file, Set<String> systems) implements NegativeLists {
        @Override
        public Candidates of(String queryId, PassageStore corpus) throws IOException {
            List<String> ids = file.find(queryId)
                    .map(found -> List.copyOf(found.of(systems)))
                    .orElse(List.of());
            return listed(ids, corpus);
        }

        @Override
        public String digest() {
            return "mined " + file.digest() + " " + systems.stream().sorted().toList();
        }
    }

    /** Documents by id. */
    static Candidates listed(List<String> ids, PassageStore corpus) {
        return Candidates.of(ids.stream().map(id -> byId(id, corpus)).toList());
    }

    /** A document by id. */
    static Candidate byId(String id, PassageStore corpus) {
        return new Candidate(id, () -> corpus.find(id).map(passage -> passage.text()), OptionalDouble.empty());
    }
}
