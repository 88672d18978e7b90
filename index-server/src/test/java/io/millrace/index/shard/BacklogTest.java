package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BacklogTest {
    @Test
    void refusesWhatWouldGoBeyondItsBatchesOrBytesButNeverASingleBatch() {
        Backlog backlog = new Backlog(3, 100);
        assertThat(backlog.tryAdd(5_000)).as("alone, whatever its size").isTrue();
        assertThat(backlog.tryAdd(1)).as("bytes").isFalse();
        backlog.remove(1, 5_000);
        assertThat(backlog.tryAdd(10)).isTrue();
        assertThat(backlog.tryAdd(10)).isTrue();
        assertThat(backlog.tryAdd(81)).as("bytes").isFalse();
        assertThat(backlog.tryAdd(80)).isTrue();
        assertThat(backlog.tryAdd(0)).as("batches").isFalse();
        assertThat(backlog.batches()).isEqualTo(3);
    }
}
