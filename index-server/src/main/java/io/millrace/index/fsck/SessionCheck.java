package io.millrace.index.fsck;

import io.millrace.index.batch.Sessions;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.record.StoreException;
import io.millrace.index.store.Column;
import io.millrace.index.store.StoreInspection;
import org.jspecify.annotations.Nullable;

/** Checks the session table, in which each client's progress comes right before its outcomes. For one run. */
final class SessionCheck {
    private final StoreInspection store;
    private final ShardFindings findings;
    private SessionRecord.@Nullable Progress client;
    // A client whose progress cannot be read still owns what follows it.
    private boolean clientDamaged;
    private long clients;
    private long outcomes;

    SessionCheck(StoreInspection store, ShardFindings findings) {
        this.store = store;
        this.findings = findings;
    }

    /** @param clock next tick of the table */
    void run(long clock) {
        store.rows(Column.SESSIONS, (key, value) -> {
            if (key.length < Short.BYTES) {
                findings.add(Column.SESSIONS, "a row", "its key has " + key.length + " bytes");
                return;
            }
            try {
                switch (SessionRecord.decode(key, value)) {
                    case SessionRecord.Progress progress -> read(progress, clock);
                    case SessionRecord.Outcome outcome -> read(outcome);
                }
            } catch (StoreException e) {
                clientDamaged = true;
                findings.add(Column.SESSIONS, "a row", String.valueOf(e.getMessage()));
            }
        });
        if (clients > Sessions.MAX_CLIENTS || outcomes > Sessions.MAX_OUTCOMES) {
            findings.add(
                    Column.SESSIONS,
                    "the table",
                    "it has " + clients + " clients and " + outcomes + " outcomes; the bounds are "
                            + Sessions.MAX_CLIENTS + " and " + Sessions.MAX_OUTCOMES);
        }
    }

    private void read(SessionRecord.Progress progress, long clock) {
        clients++;
        client = progress;
        clientDamaged = false;
        if (progress.lastUsed() < 0 || progress.lastUsed() >= clock) {
            findings.add(
                    Column.SESSIONS,
                    "client '" + progress.clientId() + "'",
                    "it was used at tick " + progress.lastUsed() + ", but the next tick is " + clock);
        }
    }

    private void read(SessionRecord.Outcome outcome) {
        outcomes++;
        SessionRecord.Progress owner = client;
        String where = "client '" + outcome.clientId() + "', sequence " + Long.toUnsignedString(outcome.sequence());
        if (owner == null || !owner.clientId().equals(outcome.clientId())) {
            if (!clientDamaged) {
                findings.add(Column.SESSIONS, where, "no progress of that client is on record");
            }
        } else if (Long.compareUnsigned(outcome.sequence(), owner.ackedBelow()) < 0) {
            findings.add(
                    Column.SESSIONS,
                    where,
                    "the client knows all below " + Long.toUnsignedString(owner.ackedBelow())
                            + " to be acknowledged, so it should be forgotten");
        }
    }
}
