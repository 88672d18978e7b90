package io.millrace.index.batch;

import io.millrace.index.batch.BatchOutcome.Result;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.codec.SessionRecord.Outcome;
import io.millrace.index.codec.SessionRecord.Progress;
import io.millrace.index.store.StoreBatch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The session table: what became of each client's operations that it may not know to be acknowledged, so that a repeated
 * one changes nothing. Part of the replicated state: what is forgotten depends on the batches only.
 *
 * <p>Bounded: at most {@value #MAX_CLIENTS} clients and {@value #MAX_OUTCOMES} outcomes. Beyond, the client that has
 * written least recently is forgotten whole; a single client that fills the table loses its lowest sequences. What is
 * forgotten is still covered by stamps: a repeated write under its first stamp finds itself on record. For the owner
 * thread only.
 */
public final class Sessions {
    public static final int MAX_CLIENTS = 4_096;
    public static final int MAX_OUTCOMES = 131_072;

    private static final class Client {
        private long ackedBelow;
        private final NavigableMap<Long, Result> outcomes = new TreeMap<>(Long::compareUnsigned);
    }

    // In order of use, the least recent first.
    private final Map<String, Client> clients = new LinkedHashMap<>();
    private int outcomes;
    private long clock;

    /** The table as it was stored. */
    public static Sessions restore(List<SessionRecord> rows, long clock) {
        Sessions sessions = new Sessions();
        sessions.clock = clock;
        List<Progress> progress = new ArrayList<>();
        for (SessionRecord row : rows) {
            if (row instanceof Progress p) {
                progress.add(p);
            }
        }
        progress.sort(Comparator.comparingLong(Progress::lastUsed));
        for (Progress p : progress) {
            sessions.client(p.clientId()).ackedBelow = p.ackedBelow();
        }
        for (SessionRecord row : rows) {
            if (row instanceof Outcome o) {
                Client client = sessions.clients.get(o.clientId());
                if (client != null) {
                    client.outcomes.put(o.sequence(), new Result(o.applied(), o.stamp()));
                    sessions.outcomes++;
                }
            }
        }
        return sessions;
    }

    public long clock() {
        return clock;
    }

    public int outcomes() {
        return outcomes;
    }

    public int clients() {
        return clients.size();
    }

    /** What became of an operation; null if it is not on record. */
    public @Nullable Result find(String clientId, long sequence) {
        Client client = clients.get(clientId);
        return client == null ? null : client.outcomes.get(sequence);
    }

    /** Whether the client has said that it knows the operation to be acknowledged. */
    public boolean isAcknowledged(String clientId, long sequence) {
        Client client = clients.get(clientId);
        return client != null && Long.compareUnsigned(sequence, client.ackedBelow) < 0;
    }

    /** Remembers what became of an operation. */
    public void record(String clientId, long sequence, Result result, StoreBatch changes) {
        if (client(clientId).outcomes.put(sequence, result) == null) {
            outcomes++;
        }
        changes.putSession(new Outcome(clientId, sequence, result.stamp(), result.applied()));
    }

    /** Notes that a client wrote, forgets what it knows to be acknowledged, and keeps the table within its bounds. */
    public void advance(String clientId, long ackedBelow, StoreBatch changes) {
        Client client = client(clientId);
        // To the end of the order of use.
        clients.remove(clientId);
        clients.put(clientId, client);
        if (Long.compareUnsigned(ackedBelow, client.ackedBelow) > 0) {
            client.ackedBelow = ackedBelow;
            NavigableMap<Long, Result> known = client.outcomes.headMap(ackedBelow, false);
            known.keySet().forEach(sequence -> changes.forgetOutcome(clientId, sequence));
            outcomes -= known.size();
            known.clear();
        }
        changes.putSession(new Progress(clientId, client.ackedBelow, clock++));
        while (clients.size() > MAX_CLIENTS || (outcomes > MAX_OUTCOMES && clients.size() > 1)) {
            forget(clients.keySet().iterator().next(), changes);
        }
        while (outcomes > MAX_OUTCOMES) {
            changes.forgetOutcome(clientId, client.outcomes.firstKey());
            client.outcomes.pollFirstEntry();
            outcomes--;
        }
    }

    private void forget(String clientId, StoreBatch changes) {
        Client gone = clients.remove(clientId);
        if (gone != null) {
            gone.outcomes.keySet().forEach(sequence -> changes.forgetOutcome(clientId, sequence));
            outcomes -= gone.outcomes.size();
            changes.forgetClient(clientId);
        }
    }

    private Client client(String clientId) {
        return clients.computeIfAbsent(clientId, name -> new Client());
    }
}
