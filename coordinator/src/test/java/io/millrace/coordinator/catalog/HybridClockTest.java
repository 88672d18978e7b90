package io.millrace.coordinator.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HybridClockTest {
    private final AtomicLong durable = new AtomicLong();
    private final AtomicLong wall = new AtomicLong(1_000_000);

    private HybridClock restart() {
        return new HybridClock(7, durable.get(), wall::get, bound -> {
            durable.set(bound);
            return bound;
        });
    }

    @Test
    void stampsAscendThroughRestartsAndAWallClockThatStepsBack() {
        Random random = new Random(1);
        long last = 0;
        for (int run = 0; run < 50; run++) {
            HybridClock clock = restart();
            for (int i = 0; i < 1_000; i++) {
                wall.addAndGet(random.nextInt(40) - 20);
                long next = clock.next().getTime();
                assertThat(next).isGreaterThan(last);
                assertThat(next).as("never at or above the durable bound").isLessThan(durable.get());
                last = next;
            }
            wall.addAndGet(-random.nextInt(5_000));
        }
    }

    @Test
    void aStampCarriesTheWallClockAndTheCoordinator() {
        var stamp = restart().next();
        assertThat(stamp.getTime() >>> 16).isEqualTo(1_000_000);
        assertThat(stamp.getCoordinator()).isEqualTo(7);
    }
}
