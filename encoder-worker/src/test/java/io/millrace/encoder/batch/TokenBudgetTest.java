package io.millrace.encoder.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.FakeEncoder.Call;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokenBudgetTest {
    private final AtomicLong clock = new AtomicLong();

    /** An engine that needs some time for a launch, and some for each token. */
    private FakeEncoder costing(long launchNanos, long tokenNanos) {
        return new FakeEncoder(
                (batch, role) -> clock.addAndGet(launchNanos + tokenNanos * new Call(role, batch).paddedTokens()));
    }

    @Test
    void theSmallestBudgetThatIsNearlyAsFastAsTheNextIsChosen() {
        // A launch costs as much as 10 tokens: 512 are within 2 % of the best.
        assertThat(TokenBudget.measure(costing(100_000, 10_000), clock::get)).isEqualTo(512);
        // A launch costs as much as 2,000 tokens: doubling pays until it is a small part.
        assertThat(TokenBudget.measure(costing(1_000_000, 500), clock::get)).isEqualTo(32_768);
        assertThat(TokenBudget.measure(costing(40_000, 500), clock::get)).isEqualTo(1024);
    }

    @Test
    void warmUpIsShortOnASlowModel() {
        FakeEncoder slow = costing(10_000_000_000L, 1_000_000);
        assertThat(TokenBudget.measure(slow, clock::get)).isEqualTo(512);
        assertThat(slow.calls()).hasSize(3);
    }

    @Test
    void aBudgetThatRunsOutOfMemoryAtWarmUpIsNotChosen() {
        FakeEncoder small = new FakeEncoder((batch, role) -> {
            int padded = new Call(role, batch).paddedTokens();
            if (padded > 1200) {
                throw new OutOfMemoryError("test");
            }
            clock.addAndGet(1_000_000); // larger is always better
        });
        assertThat(TokenBudget.measure(small, clock::get)).isEqualTo(1024);
        FakeEncoder broken = new FakeEncoder((batch, role) -> {
            throw new IllegalStateException("test");
        });
        assertThat(TokenBudget.measure(broken, clock::get)).isEqualTo(TokenBudget.DEFAULT_TOKENS);
    }

    @Test
    void theBudgetFallsAtOnceAndComesBackSlowly() {
        TokenBudget budget = new TokenBudget(1000);
        budget.outOfMemory(800);
        assertThat(budget.current()).isEqualTo(400);
        budget.outOfMemory(1000); // an older, larger batch says nothing new
        assertThat(budget.current()).isEqualTo(400);
        for (int i = 0; i < 500; i++) {
            assertThat(budget.current()).isEqualTo(400);
            budget.succeeded();
        }
        assertThat(budget.current()).isEqualTo(800);
        for (int i = 0; i < 2000; i++) {
            budget.succeeded();
        }
        assertThat(budget.current()).isEqualTo(1000);
    }
}
