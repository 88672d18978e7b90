package io.millrace.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplingTest {
    @Test
    void drawsOnlyAmongTheLikeliestTokensTheSmallerIdFirstOnTies() {
        SplittableRandom random = new SplittableRandom(3);
        for (int round = 0; round < 200; round++) {
            float[] logits = new float[50];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = random.nextInt(12);
            }
            int top = random.nextInt(1, 60);
            int[] likeliest = IntStream.range(0, logits.length)
                    .boxed()
                    .sorted((a, b) -> logits[a] == logits[b] ? a - b : Float.compare(logits[b], logits[a]))
                    .limit(top)
                    .mapToInt(Integer::intValue)
                    .toArray();
            assertThat(Sampling.greedy(9).choose(logits, 0)).isEqualTo(likeliest[0]);
            for (int step = 0; step < 20; step++) {
                assertThat(likeliest).contains(new Sampling(top, 9, round).choose(logits, step));
            }
        }
    }

    @Test
    void drawsATokenAsOftenAsItIsLikely() {
        float[] logits = {(float) Math.log(1), (float) Math.log(6), -50, (float) Math.log(3), (float) Math.log(0.5)};
        Map<Integer, Integer> drawn = new HashMap<>();
        for (int seed = 0; seed < 20_000; seed++) {
            drawn.merge(new Sampling(3, 9, seed).choose(logits, 4), 1, Integer::sum);
        }
        assertThat(drawn).containsOnlyKeys(0, 1, 3);
        assertThat(drawn.getOrDefault(1, 0) / 20_000.0).isBetween(0.58, 0.62);
        assertThat(drawn.getOrDefault(3, 0) / 20_000.0).isBetween(0.28, 0.32);
    }
}
