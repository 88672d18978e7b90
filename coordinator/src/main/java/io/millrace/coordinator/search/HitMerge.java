package io.millrace.coordinator.search;

import io.millrace.coordinator.search.QueryEncoder.Query;
import io.millrace.v1.Collection;
import io.millrace.v1.Hit;
import io.millrace.v1.ShardHit;
import io.millrace.v1.TermMatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Merges the shards' ranked hits into one ranking: score descending, then document id ascending as bytes. */
record HitMerge(Query query, Collection collection, int k) {
    private static final Comparator<ShardHit> RANKING = Comparator.comparingDouble(ShardHit::getScore)
            .reversed()
            .thenComparing(hit -> hit.getId().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    List<Hit> merge(List<List<ShardHit>> rankings) {
        List<ShardHit> all = new ArrayList<>();
        rankings.forEach(all::addAll);
        // Shards rank their own hits, so this sort meets runs and costs little more than a merge.
        all.sort(RANKING);
        return all.stream().limit(k).map(this::hit).toList();
    }

    private Hit hit(ShardHit hit) {
        Hit.Builder merged = Hit.newBuilder().setId(hit.getId()).setScore(hit.getScore());
        if (hit.hasSource()) {
            merged.setSource(hit.getSource());
        }
        for (TermMatch match : hit.getMatchesList()) {
            merged.addMatches(
                    match.toBuilder().setTerm(term(match.getTermId())).setLexical(isLexical(match.getTermId())));
        }
        return merged.build();
    }

    private boolean isLexical(int termId) {
        return collection.hasHybrid()
                && Integer.compareUnsigned(termId, collection.getHybrid().getFirstId()) >= 0;
    }

    private String term(int termId) {
        int[] ids = query.vector().ids();
        for (int i = 0; i < query.terms().size(); i++) {
            if (ids[i] == termId) {
                return query.terms().get(i);
            }
        }
        return "";
    }
}
