package io.millrace.coordinator.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.millrace.coordinator.FakeIndexServer;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.ShardPlacement;
import io.millrace.vector.SparseVector;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Versions of document frequencies, with a clock that the test turns. */
class TermStatisticsTest {
    private static final ConsistencyToken ANY = ConsistencyToken.getDefaultInstance();
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final int FREQUENT = -2;
    private static final int RARE = -1;
    private static final Collection COLLECTION = Collection.newBuilder()
            .setName("c")
            .setGeneration(1)
            .setEpoch(1)
            .setSpaceId("a".repeat(64))
            .addShards(
                    ShardPlacement.newBuilder().setShard(0).setPlacementGroup(0).setServer(0))
            .addShards(
                    ShardPlacement.newBuilder().setShard(1).setPlacementGroup(1).setServer(1))
            .build();

    private final List<FakeIndexServer> fakes = List.of(new FakeIndexServer(), new FakeIndexServer());
    private final IndexServers servers =
            new IndexServers(fakes.stream().map(FakeIndexServer::address).toList());
    private final AtomicLong clock = new AtomicLong();
    private final TermStatistics statistics = new TermStatistics(servers, clock::get);

    TermStatisticsTest() {
        store(0, "one", FREQUENT, RARE);
        store(0, "two", FREQUENT);
        store(1, "three", FREQUENT);
        store(1, "four", 5);
    }

    @AfterEach
    void stop() {
        servers.close();
        fakes.forEach(FakeIndexServer::close);
    }

    /** A document that has some terms, ascending; none deletes it. */
    private long store(int shard, String id, int... terms) {
        float[] ones = new float[terms.length];
        Arrays.fill(ones, 1f);
        return fakes.get(shard).store(CollectionCatalog.shardRef(COLLECTION, shard), id, new SparseVector(terms, ones));
    }

    private FrequencyTable count(ConsistencyToken token, Integer... terms) throws InterruptedException {
        return statistics.of(COLLECTION, Set.of(terms), token, false, TIMEOUT);
    }

    private int calls() {
        return fakes.stream().mapToInt(fake -> fake.termCounts.get()).sum();
    }

    private static ConsistencyToken reached(int group, long index) {
        return ConsistencyToken.newBuilder().putAppliedIndex(group, index).build();
    }

    private static double idf(long documents, long frequency) {
        return Math.log(1 + (documents - frequency + .5) / (frequency + .5));
    }

    @Test
    void sumsOverShards() throws InterruptedException {
        FrequencyTable table = count(ANY, RARE, FREQUENT, 99);
        assertThat(table.documents()).isEqualTo(4);
        assertThat(table.idf(RARE)).isCloseTo(idf(4, 1), within(1e-12));
        assertThat(table.idf(FREQUENT)).isCloseTo(idf(4, 3), within(1e-12));
        assertThat(table.idf(99)).isCloseTo(idf(4, 0), within(1e-12));
    }

    @Test
    void aVersionIsUsedForASecondWithoutAskingAndStaysWhileNothingIsWritten() throws InterruptedException {
        FrequencyTable first = count(ANY, RARE);
        clock.set(999);
        assertThat(count(ANY, RARE)).isEqualTo(first);
        assertThat(calls()).isEqualTo(2);
        FrequencyTable more = count(ANY, FREQUENT);
        assertThat(more.version()).isEqualTo(first.version());
        assertThat(more.hasAll(Set.of(RARE, FREQUENT))).isTrue();
        assertThat(calls()).isEqualTo(4);
        clock.set(5_000);
        assertThat(count(ANY, RARE, FREQUENT)).isEqualTo(more);
        assertThat(calls()).isEqualTo(6);
        clock.set(5_999);
        assertThat(count(ANY, RARE, FREQUENT)).isEqualTo(more);
        assertThat(calls()).isEqualTo(6);
    }

    @Test
    void aWriteIsCountedAfterASecondAndAtOnceForWhoeverBringsItsToken() throws InterruptedException {
        FrequencyTable first = count(ANY, RARE);
        long written = store(1, "three", FREQUENT, RARE);
        assertThat(count(ANY, RARE)).isEqualTo(first);
        FrequencyTable second = count(reached(1, written), RARE);
        assertThat(second.version()).isGreaterThan(first.version());
        assertThat(second.idf(RARE)).isCloseTo(idf(4, 2), within(1e-12));
        assertThat(count(ANY, RARE)).isEqualTo(second);
        store(0, "one");
        clock.set(1_000);
        FrequencyTable third = count(ANY, RARE);
        assertThat(third.version()).isGreaterThan(second.version());
        assertThat(third.documents()).isEqualTo(3);
        assertThat(third.idf(RARE)).isCloseTo(idf(3, 1), within(1e-12));
    }

    @Test
    void whatWasCountedInDifferentStatesIsNeverInOneVersion() throws InterruptedException {
        FrequencyTable first = count(ANY, RARE);
        store(0, "five", FREQUENT, RARE);
        FrequencyTable second = count(ANY, FREQUENT);
        assertThat(second.version()).isGreaterThan(first.version());
        assertThat(second.hasAll(Set.of(RARE))).isFalse();
        FrequencyTable third = count(ANY, RARE, FREQUENT);
        assertThat(third.version()).isEqualTo(second.version());
        assertThat(third.idf(RARE)).isCloseTo(idf(5, 2), within(1e-12));
    }

    @Test
    void aMissingShardIsLeftOutForThoseWhoAllowItAndNotRemembered() throws InterruptedException {
        fakes.get(1).stop();
        assertThatThrownBy(() -> count(ANY, FREQUENT)).hasMessageContaining("shard 1");
        FrequencyTable partial = statistics.of(COLLECTION, Set.of(FREQUENT), ANY, true, TIMEOUT);
        assertThat(partial.version()).isZero();
        assertThat(partial.documents()).isEqualTo(2);
        int before = calls();
        assertThat(statistics.of(COLLECTION, Set.of(FREQUENT), ANY, true, TIMEOUT))
                .isEqualTo(partial);
        assertThat(calls()).isGreaterThan(before);
    }

    @Test
    void anotherGenerationBeginsAnew() throws InterruptedException {
        count(ANY, RARE);
        Collection next = COLLECTION.toBuilder().setGeneration(2).build();
        for (int shard = 0; shard < 2; shard++) {
            fakes.get(shard)
                    .store(
                            CollectionCatalog.shardRef(next, shard),
                            "one",
                            new SparseVector(new int[] {RARE}, new float[] {1f}));
        }
        FrequencyTable table = statistics.of(next, Set.of(RARE), ANY, false, TIMEOUT);
        assertThat(table.documents()).isEqualTo(2);
        assertThat(table.idf(RARE)).isCloseTo(idf(2, 2), within(1e-12));
    }
}
