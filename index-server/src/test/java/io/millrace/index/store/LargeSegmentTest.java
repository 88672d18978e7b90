package io.millrace.index.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.codec.SegmentCodec;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.ExhaustiveSearcher;
import io.millrace.index.search.ScoredDocument;
import io.millrace.index.search.SearchView;
import io.millrace.index.search.TermAtATimeSearcher;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.ShardFixture;
import io.millrace.vector.SparseVector;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A segment of several score windows, whose longest list takes several chunks on disk. */
class LargeSegmentTest {
    private static final int DOCUMENTS = SegmentCodec.POSTINGS_PER_CHUNK + 10_000;
    private static final int[] QUERY_TERMS = {1, 3, 5, -7};

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void isSearchedExactlyAndComesBackFromDiskAsItWas(boolean quantised) {
        WeightScheme weights = quantised ? WeightScheme.uint8(4f) : WeightScheme.float32();
        List<DocumentVersion> versions = versions(new Random(8));
        Segment built = SegmentBuilder.build(versions, weights);
        Segment numbered = SegmentMerger.merge(List.of(SegmentView.of(built)), 5);
        List<ScoredDocument> hits = compare(versions, numbered, weights);
        try (ShardFixture fixture = ShardFixture.create(directory, weights, 1)) {
            SegmentFiles files = fixture.shard().store().segments();
            files.write(numbered);
            Segment loaded = files.load(numbered.info());
            assertThat(loaded.info()).isEqualTo(numbered.info());
            assertThat(loaded.listedDocuments().mismatch(numbered.listedDocuments()))
                    .isEqualTo(-1);
            assertThat(loaded.postingWeights().mismatch(numbered.postingWeights()))
                    .isEqualTo(-1);
            assertThat(compare(versions, loaded, weights)).isEqualTo(hits);
            loaded.release();
        }
        built.release();
        numbered.release();
    }

    private static List<ScoredDocument> compare(List<DocumentVersion> versions, Segment segment, WeightScheme weights) {
        SearchView view = new SearchView(weights, List.of(SegmentView.of(segment)));
        SparseVector query = new SparseVector(QUERY_TERMS, new float[] {1f, .7f, 2f, .1f});
        List<ScoredDocument> hits = new TermAtATimeSearcher().search(view, query, 500);
        assertThat(hits)
                .hasSize(500)
                .isEqualTo(new ExhaustiveSearcher(
                                ordinal -> versions.get((int) ordinal).vector())
                        .search(view, query, 500));
        return hits;
    }

    /** Every document has term 1; others are rare, and one occurs in the last window only. */
    private static List<DocumentVersion> versions(Random random) {
        List<DocumentVersion> versions = new ArrayList<>();
        for (int i = 0; i < DOCUMENTS; i++) {
            float weight = .25f * (1 + random.nextInt(8));
            SparseVector vector = switch (random.nextInt(50)) {
                case 0 -> new SparseVector(new int[] {1, 3}, new float[] {weight, 1.5f});
                case 1 -> new SparseVector(new int[] {1, 5}, new float[] {weight, .5f});
                default ->
                    i > DOCUMENTS - 40
                            ? new SparseVector(new int[] {1, -7}, new float[] {weight, 3f})
                            : new SparseVector(new int[] {1}, new float[] {weight});
            };
            versions.add(new DocumentVersion(i, DocumentId.of("d" + i * 7919L % DOCUMENTS), vector));
        }
        return versions;
    }
}
