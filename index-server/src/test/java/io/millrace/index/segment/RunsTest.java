package io.millrace.index.segment;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RunsTest {
    private final List<SegmentView> made = new ArrayList<>();

    @AfterEach
    void release() {
        made.forEach(view -> view.segment().release());
    }

    private List<SegmentView> segments(int... sizes) {
        return IntStream.of(sizes).mapToObj(this::segment).toList();
    }

    private SegmentView segment(int documents) {
        List<DocumentVersion> versions = IntStream.range(0, documents)
                .mapToObj(i -> new DocumentVersion(i, DocumentId.of("d" + i), SparseVector.EMPTY))
                .toList();
        SegmentView view = SegmentView.of(SegmentBuilder.build(versions, WeightScheme.float32()));
        made.add(view);
        return view;
    }

    private int[] quietGroup(int most, int... sizes) {
        return Runs.quietGroup(segments(sizes), most).stream()
                .mapToInt(view -> view.live().count())
                .toArray();
    }

    @Test
    void aFewOfOneSizeBecomeOne() {
        assertThat(quietGroup(100, 8, 8, 8)).containsExactly(8, 8, 8);
        assertThat(quietGroup(100, 64, 8, 8)).containsExactly(64, 8, 8);
    }

    @Test
    void aLargeOneIsNotRewrittenForLittle() {
        assertThat(quietGroup(100, 64, 7)).isEmpty();
        assertThat(quietGroup(100, 64)).isEmpty();
        assertThat(quietGroup(100)).isEmpty();
    }

    @Test
    void smallOnesBehindALargeOneBecomeOneWithoutIt() {
        assertThat(quietGroup(1_000, 900, 13, 9, 8, 9)).containsExactly(13, 9, 8, 9);
        assertThat(quietGroup(1_000, 900, 39)).isEmpty();
    }

    @Test
    void whatDoesNotFitTogetherStaysApartAndOlderOnesGetTheirTurn() {
        assertThat(quietGroup(100, 60, 60)).isEmpty();
        assertThat(quietGroup(100, 20, 20, 20, 90)).containsExactly(20, 20, 20);
        assertThat(quietGroup(50, 20, 20, 20, 20)).containsExactly(20, 20);
    }

    @Test
    void mergingOnEndsWithSegmentsThatDoNotFitTogether() {
        List<Integer> sizes = new ArrayList<>(Collections.nCopies(30, 8));
        for (int merges = 0; merges < 100; merges++) {
            int[] group = quietGroup(100, sizes.stream().mapToInt(i -> i).toArray());
            if (group.length == 0) {
                break;
            }
            int[] all = sizes.stream().mapToInt(i -> i).toArray();
            int at = Collections.lastIndexOfSubList(
                    sizes, IntStream.of(group).boxed().toList());
            sizes.subList(at, at + group.length).clear();
            sizes.add(at, IntStream.of(group).sum());
            assertThat(sizes.stream().mapToInt(i -> i).sum())
                    .isEqualTo(IntStream.of(all).sum());
        }
        assertThat(sizes).hasSizeLessThanOrEqualTo(4).allMatch(size -> size <= 100);
    }
}
