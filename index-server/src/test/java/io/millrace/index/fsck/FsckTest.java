package io.millrace.index.fsck;

import static io.millrace.index.shard.ShardFixture.put;
import static io.millrace.index.shard.ShardFixture.scoring;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.index.batch.ShardBatch.Operation;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.Corpora;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.store.DataDirectory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is whole is called clean, and left as it is. */
class FsckTest {
    private static final WeightScheme UINT8 = WeightScheme.uint8(2.5f);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"1,false", "2,true", "3,false", "4,true", "5,false", "6,true"})
    void randomHistoriesAreCleanAndStayAsTheyAre(long seed, boolean quantised) throws IOException {
        Random random = new Random(seed);
        long sequence = 0;
        long documents;
        try (ShardFixture fixture = ShardFixture.create(directory, quantised ? UINT8 : WeightScheme.float32(), 12)) {
            for (int batch = 0; batch < 80; batch++) {
                List<Operation> operations = new ArrayList<>();
                for (int i = random.nextInt(12); i >= 0; i--) {
                    sequence++;
                    String id = "doc-" + random.nextInt(150);
                    operations.add(
                            random.nextInt(4) == 0
                                    ? ShardFixture.delete(sequence, sequence, id)
                                    : put(sequence, sequence, id, Corpora.vector(random, 40, 20)));
                }
                fixture.apply(Math.max(0, sequence - 40), operations);
                if (random.nextInt(10) == 0) {
                    fixture.restart();
                }
            }
            documents = fixture.shard().size().documents();
            assertThat(fixture.shard().size().segments()).isPositive();
        }
        Map<String, ByteBuffer> before = contents();
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).isEmpty();
        assertThat(report.isClean()).isTrue();
        assertThat(report.notes()).isEmpty();
        assertThat(report.totals().documents()).isEqualTo(documents);
        assertThat(report.totals().segments()).isPositive();
        assertThat(report.totals().postings()).isPositive();
        assertThat(report.totals().bytes()).isPositive();
        assertThat(contents()).isEqualTo(before);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void segmentWithBlockedTermsAndAnOrderOfItsOwnIsClean(boolean quantised) {
        Random random = new Random(9);
        try (ShardFixture fixture = ShardFixture.create(directory, quantised ? UINT8 : WeightScheme.float32(), 2_200)) {
            for (int i = 0; i < 8; i++) {
                List<Operation> operations = new ArrayList<>();
                for (int j = 0; j < 2_200; j++) {
                    long number = i * 2_200L + j + 1;
                    operations.add(put(number, number, "doc-" + number, Corpora.vector(random, 60, 8)));
                }
                fixture.apply((i + 1) * 2_200L, operations);
            }
            fixture.apply(ShardFixture.delete(20_000, 20_000, "doc-77"), put(20_001, 20_001, "doc-99", scoring(2f)));
            assertThat(fixture.shard().store().manifest().segments())
                    .extracting(SegmentInfo::documents)
                    .anyMatch(documents -> documents > 1 << 14);
        }
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).isEmpty();
        assertThat(report.totals().documents()).isEqualTo(17_599);
    }

    @Test
    void emptyShardsAndNoShardsAreClean() {
        DataDirectory.open(directory).close();
        assertThat(Fsck.check(directory).totals()).isEqualTo(new FsckTotals(0, 0, 0, 0, 0));
        ShardFixture.create(directory, WeightScheme.float32(), 10).close();
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).isEmpty();
        assertThat(report.totals().shards()).isEqualTo(1);
    }

    @Test
    void leftoversOfACrashAreNotedNotCalledDamageAndStay() throws IOException {
        try (ShardFixture fixture = ShardFixture.create(directory, WeightScheme.float32(), 2)) {
            fixture.apply(put(1, 1, "a", scoring(1f)), put(2, 2, "b", scoring(2f)));
            Segment run = SegmentBuilder.build(
                    List.of(new DocumentVersion(900, DocumentId.of("ghost"), scoring(9f))), WeightScheme.float32());
            Segment orphan = SegmentMerger.merge(List.of(SegmentView.of(run)), 77);
            fixture.shard().store().segments().write(orphan);
            run.release();
            orphan.release();
        }
        Files.createDirectories(directory.resolve("shards/books.1.1.dropped"));
        Map<String, ByteBuffer> before = contents();
        FsckReport report = Fsck.check(directory);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).hasSize(2);
        assertThat(report.notes().get(0)).contains("shard books.1.0: segment 77 is named by no manifest");
        assertThat(report.notes().get(1)).contains("books.1.1.dropped");
        assertThat(contents()).isEqualTo(before);
        assertThat(directory.resolve("shards/books.1.1.dropped")).exists();
    }

    @Test
    void directoryInUseOrOfSomethingElseIsRefused() {
        try (DataDirectory held = DataDirectory.open(directory)) {
            assertThat(held.shardFolders()).isEmpty();
            assertThatThrownBy(() -> Fsck.check(directory))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED))
                    .hasMessageContaining("in use by another index server");
        }
        Path other = directory.resolve("other");
        assertThatThrownBy(() -> Fsck.check(other)).hasMessageContaining("has no folder 'shards'");
        assertThat(other).doesNotExist();
    }

    /** Every file's bytes by its name, but for the lock's. */
    private Map<String, ByteBuffer> contents() throws IOException {
        Map<String, ByteBuffer> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (!file.endsWith("millrace.lock")) {
                    contents.put(file.toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
                }
            }
        }
        return contents;
    }
}
