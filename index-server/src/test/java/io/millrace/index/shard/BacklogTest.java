package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BacklogTest {
    @Test
    void refusesWhatWouldGoBeyondItsBatchesOrBytesButNeverASingleBatch() {
        Backlog backlog = new Backlog(3, 100);
        assertThat(backlog.tryAdd(5_000, false)).as("alone, whatever its size").isTrue();
        assertThat(backlog.tryAdd(1, false)).as("bytes").isFalse();
        backlog.remove(1, 5_000);
        assertThat(backlog.tryAdd(10, false)).isTrue();
        assertThat(backlog.tryAdd(10, false)).isTrue();
        assertThat(backlog.tryAdd(81, false)).as("bytes").isFalse();
        assertThat(backlog.tryAdd(80, false)).isTrue();
        assertThat(backlog.tryAdd(0, false)).as("batches").isFalse();
        assertThat(backlog.batches()).isEqualTo(3);
    }

    @Test
    void bulkLoadsGetHalfOfItSoThatOthersFindRoom() {
        Backlog backlog = new Backlog(4, 100);
        assertThat(backlog.tryAdd(30, true)).isTrue();
        assertThat(backlog.tryAdd(21, true)).as("bytes").isFalse();
        assertThat(backlog.tryAdd(20, true)).isTrue();
        assertThat(backlog.tryAdd(0, true)).as("batches").isFalse();
        assertThat(backlog.tryAdd(50, false)).isTrue();
    }
}
