package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentView;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The selection against sorting, with many ties and over several segments. */
class TopKTest {
    @Test
    void keepsWhatSortingWouldKeepWhateverTheOrderOfOffers() {
        Random random = new Random(9);
        for (int round = 0; round < 60; round++) {
            List<SegmentView> segments = new ArrayList<>();
            List<ScoredDocument> all = new ArrayList<>();
            List<int[]> offers = new ArrayList<>();
            for (int s = 0; s < 3; s++) {
                List<DocumentVersion> versions = new ArrayList<>();
                for (int d = 0; d < 40; d++) {
                    long ordinal = s * 100L + d;
                    // Ids of different lengths, in no order, one a prefix of another.
                    DocumentId id =
                            DocumentId.of(Integer.toString(random.nextInt(1 << 20), 2 + random.nextInt(30)) + s + d);
                    versions.add(new DocumentVersion(ordinal, id, SparseVector.EMPTY));
                    float score = random.nextInt(4) - 1;
                    offers.add(new int[] {s, d, (int) score});
                    all.add(new ScoredDocument(id, score, ordinal));
                }
                segments.add(SegmentView.of(SegmentBuilder.build(versions, WeightScheme.float32())));
            }
            all.removeIf(document -> document.score() <= 0);
            all.sort(ScoredDocument.BEST_FIRST);
            Collections.shuffle(offers, random);
            int k = 1 + random.nextInt(100);
            TopK top = new TopK(segments, k);
            for (int[] offer : offers) {
                float bound = top.bound();
                boolean taken = top.offer(offer[2], offer[0], offer[1]);
                assertThat(!taken || offer[2] > bound)
                        .as("a score at the bound is never taken")
                        .isTrue();
            }
            assertThat(top.drain()).isEqualTo(all.subList(0, Math.min(k, all.size())));
            segments.stream().map(SegmentView::segment).forEach(Segment::release);
        }
    }
}
