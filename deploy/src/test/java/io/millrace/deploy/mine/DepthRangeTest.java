package io.millrace.deploy.mine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.trainer.data.Draws;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DepthRangeTest {
    @Test
    void isReadAsItIsWritten() {
        assertThat(DepthRange.parse("50", 200)).containsExactly(new DepthRange(50, 200));
        assertThat(DepthRange.parse("25@50, 25@1000", 200))
                .containsExactly(new DepthRange(25, 50), new DepthRange(25, 1000));
        assertThat(DepthRange.deepest(DepthRange.parse("25@50,25@1000,3@7", 200)))
                .isEqualTo(1000);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "5@", "@5", "5@4", "1@20000", "5;6", "5@10,", "999999999999@5", "300"})
    void refusesWhatCannotBeDrawn(String text) {
        assertThatThrownBy(() -> DepthRange.parse(text, 200))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--negatives");
    }

    @Test
    void drawsAsManyAsThereAreAndEachOnce() {
        Random random = new Random(3);
        List<DepthRange> ranges = DepthRange.parse("5@10,10@40", 0);
        for (int round = 0; round < 500; round++) {
            boolean[] usable = new boolean[random.nextInt(60)];
            for (int i = 0; i < usable.length; i++) {
                usable[i] = random.nextInt(3) > 0;
            }
            List<Integer> drawn = DepthRange.draw(ranges, usable, Draws.of(1, 0, round));
            assertThat(new HashSet<>(drawn)).hasSameSizeAs(drawn);
            assertThat(drawn).isSorted().allMatch(place -> place < 40 && usable[place]);
            int first = 0;
            int all = 0;
            for (int i = 0; i < Math.min(40, usable.length); i++) {
                first += i < 10 && usable[i] ? 1 : 0;
                all += usable[i] ? 1 : 0;
            }
            assertThat(drawn).hasSize(Math.min(all, Math.min(5, first) + 10));
            assertThat(drawn.stream().filter(place -> place < 10).count()).isGreaterThanOrEqualTo(Math.min(5, first));
        }
    }
}
