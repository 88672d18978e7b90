package io.millrace.model.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchPlanTest {
    @Test
    void putsEveryTextIntoOneRectangleWithinTheLimits() {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            BatchPlan plan = new BatchPlan(1 + random.nextInt(2_000), 1 + random.nextInt(64));
            int[] lengths =
                    random.ints(random.nextInt(300), 1, 1 + random.nextInt(512)).toArray();
            List<int[]> groups = plan.group(lengths);
            assertThat(groups.stream().flatMapToInt(IntStream::of).sorted().toArray())
                    .isEqualTo(IntStream.range(0, lengths.length).toArray());
            for (int[] group : groups) {
                int width = IntStream.of(group).map(i -> lengths[i]).max().orElseThrow();
                assertThat(group.length).isLessThanOrEqualTo(plan.maxTexts());
                assertThat(group.length == 1 || width * group.length <= plan.maxPaddedTokens())
                        .isTrue();
            }
        }
    }

    @Test
    void leavesOutTextsOfLengthZero() {
        assertThat(new BatchPlan(100, 10).group(new int[] {0, 3, 0})).containsExactly(new int[] {1});
        assertThat(new BatchPlan(100, 10).group(new int[0])).isEmpty();
    }

    @Test
    void wastesLittlePaddingOnTextsOfAllLengths() {
        int[] lengths = new Random(2).ints(1_000, 1, 256).toArray();
        long padded = 0;
        for (int[] group : new BatchPlan(2_048, 128).group(lengths)) {
            padded += (long) group.length * lengths[group[0]];
        }
        assertThat((double) padded / IntStream.of(lengths).sum()).isLessThan(1.1);
    }
}
