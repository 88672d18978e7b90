package io.millrace.coordinator.search;

import com.google.common.util.concurrent.ListenableFuture;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.ShardPlacement;
import io.millrace.v1.TermStatisticsRequest;
import io.millrace.v1.TermStatisticsResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Document frequencies of collections, counted by their shards and remembered. Frequencies of one version are of one state of
 * every shard: what was counted in another state begins a new version and is never mixed with it, so every query is weighted
 * by one version, and with one set of weights for all shards.
 *
 * <p>A version is used for {@value #FRESH_MILLIS} ms without asking the shards again, unless a term is missing or the search
 * brings a token of a later write: frequencies are that old at most, and exact when they are counted. While nothing is
 * written, a version only grows. Safe for any thread.
 */
final class TermStatistics {
    /** One more document in thousands changes no ranking; a second of them may. */
    private static final long FRESH_MILLIS = 1_000;

    /** Most terms of a request, and of a version: at some 100 bytes a term, 6 MB a collection. */
    static final int MAX_TERMS = 65_536;

    private static final int MAX_COLLECTIONS = 128;

    private final IndexServers servers;
    private final LongSupplier clockMillis;
    /** Guarded by itself; the collection that was asked for longest ago is forgotten first. */
    private final Map<String, Remembered> collections = new LinkedHashMap<>(16, 0.75f, true);

    /** The latest table of a collection. Guarded by itself. */
    private static final class Remembered {
        private final long generation;
        private @Nullable FrequencyTable latest;
        private long countedAtMillis;
        private long lastVersion;

        Remembered(long generation) {
            this.generation = generation;
        }

        synchronized @Nullable FrequencyTable usable(Set<Integer> terms, ConsistencyToken token, long nowMillis) {
            FrequencyTable table = latest;
            return table != null
                            && nowMillis - countedAtMillis < FRESH_MILLIS
                            && table.reached(token)
                            && table.hasAll(terms)
                    ? table
                    : null;
        }

        /** Keeps what was counted if it is no older than what is there; returns it under its version. */
        synchronized FrequencyTable keep(FrequencyTable counted, long countedSinceMillis) {
            FrequencyTable before = latest;
            if (before != null && before.states().equals(counted.states())) {
                countedAtMillis = Math.max(countedAtMillis, countedSinceMillis);
                if (before.frequencies().size() + counted.frequencies().size() > MAX_TERMS) {
                    // Forgotten, and counted again when they are asked for.
                    latest = counted.withVersion(before.version());
                    return latest;
                }
                before.add(counted);
                return before;
            }
            FrequencyTable fresh = counted.withVersion(++lastVersion);
            if (before == null || !before.isAheadOf(counted)) {
                latest = fresh;
                countedAtMillis = countedSinceMillis;
            }
            return fresh;
        }
    }

    /**
     * Nothing counted yet.
     *
     * @param clockMillis a clock that never steps back
     */
    TermStatistics(IndexServers servers, LongSupplier clockMillis) {
        this.servers = servers;
        this.clockMillis = clockMillis;
    }

    /**
     * Frequencies of some terms.
     *
     * @param terms up to {@value #MAX_TERMS}
     * @param token a state that must have been reached
     * @param allowPartial whether shards that do not answer may be missing from what is counted
     * @throws io.grpc.StatusRuntimeException of the first shard that refused, or did not answer and may not be missing
     */
    FrequencyTable of(
            Collection collection, Set<Integer> terms, ConsistencyToken token, boolean allowPartial, Duration timeout)
            throws InterruptedException {
        Remembered remembered = remembered(collection);
        long now = clockMillis.getAsLong();
        FrequencyTable known = remembered.usable(terms, token, now);
        if (known != null) {
            return known;
        }
        int[] ids = terms.stream().mapToInt(Integer::intValue).toArray();
        FrequencyTable counted = FrequencyTable.sum(ids, ask(collection, ids, token, allowPartial, timeout));
        return counted.isWhole(collection) ? remembered.keep(counted, now) : counted;
    }

    private Remembered remembered(Collection collection) {
        synchronized (collections) {
            Remembered known = collections.get(collection.getName());
            if (known == null || known.generation != collection.getGeneration()) {
                known = new Remembered(collection.getGeneration());
                collections.put(collection.getName(), known);
                if (collections.size() > MAX_COLLECTIONS) {
                    collections.remove(collections.keySet().iterator().next());
                }
            }
            return known;
        }
    }

    private Map<ShardPlacement, TermStatisticsResponse> ask(
            Collection collection, int[] ids, ConsistencyToken token, boolean allowPartial, Duration timeout)
            throws InterruptedException {
        TermStatisticsRequest.Builder request =
                TermStatisticsRequest.newBuilder().setEpoch(collection.getEpoch());
        Arrays.stream(ids).forEach(request::addTermIds);
        Map<ShardPlacement, ListenableFuture<TermStatisticsResponse>> calls = new LinkedHashMap<>();
        for (ShardPlacement placement : collection.getShardsList()) {
            request.setShard(CollectionCatalog.shardRef(collection, placement.getShard()))
                    .setMinAppliedIndex(token.getAppliedIndexOrDefault(placement.getPlacementGroup(), 0));
            calls.put(placement, servers.future(placement.getServer(), timeout).termStatistics(request.build()));
        }
        return ShardScatter.gather(allowPartial, calls);
    }
}
