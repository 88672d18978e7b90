package io.millrace.index.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.Corpora;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SegmentMergerTest {
    /** In order, and shuffled; few documents, and so many that rare terms are sorted and frequent ones are not. */
    @ParameterizedTest
    @CsvSource({"1, 40, false", "2, 40, true", "3, 3000, false", "4, 3000, true", "5, 3000, true"})
    void everyLivePostingOfTheInputsIsInTheResultOnce(long seed, int most, boolean shuffled) {
        Random random = new Random(seed);
        WeightScheme weights = seed % 2 == 0 ? WeightScheme.float32() : WeightScheme.uint8(3f);
        List<SegmentView> views = new ArrayList<>();
        long ordinal = 0;
        for (int i = 0; i < 1 + random.nextInt(5); i++) {
            List<DocumentVersion> versions = new ArrayList<>();
            for (int document = 0; document < 1 + random.nextInt(most); document++) {
                SparseVector vector = Corpora.realistic(random, 2_000, 1 + random.nextInt(30));
                versions.add(new DocumentVersion(ordinal, DocumentId.of("doc-" + ordinal), vector));
                ordinal += 1 + random.nextInt(3);
            }
            Segment segment = SegmentBuilder.build(versions, weights);
            int[] dead = random.ints(i % 2 == 0 ? 0 : versions.size() / 2, 0, versions.size())
                    .toArray();
            views.add(
                    new SegmentView(segment, LiveDocuments.all(versions.size()).without(dead)));
        }
        int live = views.stream().mapToInt(view -> view.live().count()).sum();
        Segment merged = shuffled
                ? SegmentMerger.mergeReordered(views, 3, (inputs, numbers) -> shuffle(random, live), 1_000)
                : SegmentMerger.merge(views, 3);
        assertThat(merged.info().documents()).isEqualTo(live);
        assertThat(postings(SegmentView.of(merged))).isEqualTo(joined(views));
        merged.release();
        views.forEach(view -> view.segment().release());
    }

    private static int[] shuffle(Random random, int documents) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, documents).boxed().toList());
        Collections.shuffle(order, random);
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    private static Map<String, Integer> joined(List<SegmentView> views) {
        Map<String, Integer> all = new TreeMap<>();
        views.forEach(view -> all.putAll(postings(view)));
        return all;
    }

    /** Id, ordinal and term of each live posting, and its weight. */
    private static Map<String, Integer> postings(SegmentView view) {
        Map<String, Integer> found = new TreeMap<>();
        Segment segment = view.segment();
        for (int place = 0; place < segment.info().terms(); place++) {
            int[] documents = new int[segment.postings(place)];
            int[] weights = new int[documents.length];
            segment.readPostings(place, documents, weights, 0);
            for (int i = 0; i < documents.length; i++) {
                assertThat(i == 0 || documents[i] > documents[i - 1])
                        .as("ascending")
                        .isTrue();
                if (view.live().contains(documents[i])) {
                    String posting = segment.id(documents[i]) + " " + segment.ordinal(documents[i]) + " "
                            + Integer.toUnsignedString(segment.term(place));
                    assertThat(found.put(posting, weights[i])).as(posting).isNull();
                }
            }
        }
        return found;
    }
}
