package io.millrace.index.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.batch.BatchOutcome.Result;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.store.ShardStore;
import io.millrace.index.store.StoreBatch;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bounds of the session table, and that a restart forgets exactly what memory forgot. */
class SessionsTest {
    @TempDir
    private Path directory;

    private ShardFixture fixture;
    private ShardStore store;

    @BeforeEach
    void open() {
        fixture = ShardFixture.create(directory, WeightScheme.float32(), 1_000);
        store = fixture.shard().store();
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    void leastRecentClientIsForgottenBeyondTheLimit() {
        Sessions sessions = new Sessions();
        try (StoreBatch changes = store.begin()) {
            for (int i = 0; i < Sessions.MAX_CLIENTS; i++) {
                write(sessions, "client-" + i, 1, changes);
            }
            write(sessions, "client-0", 2, changes);
            write(sessions, "one-more", 1, changes);
            store.commit(changes);
        }
        assertThat(sessions.clients()).isEqualTo(Sessions.MAX_CLIENTS);
        for (Sessions table : new Sessions[] {sessions, Sessions.restore(store.sessions(), sessions.clock())}) {
            assertThat(table.find("client-0", 1)).isNotNull();
            assertThat(table.find("client-1", 1)).isNull();
            assertThat(table.find("one-more", 1)).isNotNull();
            assertThat(table.outcomes()).isEqualTo(Sessions.MAX_CLIENTS + 1);
        }
    }

    @Test
    void singleClientThatFillsTheTableLosesItsLowestSequences() {
        Sessions sessions = new Sessions();
        try (StoreBatch changes = store.begin()) {
            for (long sequence = 1; sequence <= Sessions.MAX_OUTCOMES + 5; sequence++) {
                sessions.record("client", sequence, new Result(true, new Stamp(sequence, 0)), changes);
            }
            sessions.advance("client", 0, changes);
            store.commit(changes);
        }
        for (Sessions table : new Sessions[] {sessions, Sessions.restore(store.sessions(), sessions.clock())}) {
            assertThat(table.outcomes()).isEqualTo(Sessions.MAX_OUTCOMES);
            assertThat(table.find("client", 5)).isNull();
            assertThat(table.find("client", 6)).isEqualTo(new Result(true, new Stamp(6, 0)));
            assertThat(table.isAcknowledged("client", 5))
                    .as("forgotten is not acknowledged")
                    .isFalse();
        }
    }

    @Test
    void sequencesCompareUnsigned() {
        Sessions sessions = new Sessions();
        try (StoreBatch changes = store.begin()) {
            write(sessions, "client", -5, changes);
            sessions.advance("client", 100, changes);
            assertThat(sessions.find("client", -5)).isNotNull();
            sessions.advance("client", -4, changes);
            assertThat(sessions.find("client", -5)).isNull();
            assertThat(sessions.isAcknowledged("client", -5)).isTrue();
            assertThat(sessions.isAcknowledged("client", -4)).isFalse();
        }
    }

    private static void write(Sessions sessions, String client, long sequence, StoreBatch changes) {
        sessions.record(client, sequence, new Result(true, new Stamp(sequence, 0)), changes);
        sessions.advance(client, 0, changes);
    }
}
