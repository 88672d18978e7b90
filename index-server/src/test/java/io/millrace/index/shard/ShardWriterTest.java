package io.millrace.index.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.ShardBatch;
import io.millrace.index.batch.ShardBatch.WriterProgress;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.DataDirectory;
import io.millrace.index.store.ShardStore;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ShardWriterTest {
    @TempDir
    private Path directory;

    @Test
    void isMaintainingFromTheWriteThatFillsTheBufferUntilItsSegmentIsSearched() {
        Path folder;
        try (DataDirectory data = DataDirectory.open(directory)) {
            folder = data.create(ShardFixture.descriptor(WeightScheme.float32()));
        }
        ShardBatch batch = new ShardBatch(
                List.of(new WriterProgress("client", 0)),
                List.of(ShardFixture.put(1, 1, "first", ShardFixture.scoring(1f))));
        Queue<Runnable> flushes = new ArrayDeque<>();
        ShardWriter writer = ShardWriter.start(
                ShardStore.open(folder), ShardFixture.limits(1), flushes::add, Runnable::run, ShardFixture.STRICT);
        assertThat(writer.maintaining().join()).isFalse();
        writer.submit(batch, Long.MAX_VALUE).join();
        assertThat(writer.maintaining().join()).isTrue();
        flushes.remove().run();
        assertThat(writer.maintaining().join()).isFalse();
        assertThat(writer.shard().size().segments()).isEqualTo(1);
        writer.close();
        assertThat(writer.maintaining().join()).isFalse();
    }
}
