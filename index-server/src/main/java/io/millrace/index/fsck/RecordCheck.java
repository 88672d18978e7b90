package io.millrace.index.fsck;

import io.millrace.index.codec.Manifest;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.StoreException;
import io.millrace.index.store.Column;
import io.millrace.index.store.StoreInspection;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/** Checks the records of {@code META}: that they are there, alone, and make sense in themselves. */
final class RecordCheck {
    private static final Set<String> NAMES = Set.of("descriptor", "counters", "manifest");

    private final StoreInspection store;
    private final ShardFindings findings;
    private ShardCounters counters = ShardCounters.ZERO;
    private Manifest manifest = Manifest.EMPTY;

    RecordCheck(StoreInspection store, ShardFindings findings) {
        this.store = store;
        this.findings = findings;
    }

    /** Whether both records make enough sense to hold the other families against them. */
    boolean run() {
        store.keys(Column.META, key -> {
            String name = new String(key, StandardCharsets.UTF_8);
            if (!NAMES.contains(name)) {
                findings.add(Column.META, "'" + name + "'", "there is no record of this name");
            }
        });
        try {
            counters = store.store().counters();
        } catch (StoreException e) {
            findings.add(Column.META, "'counters'", String.valueOf(e.getMessage()));
            return false;
        }
        try {
            manifest = store.store().manifest();
        } catch (StoreException e) {
            findings.add(Column.META, "'manifest'", String.valueOf(e.getMessage()));
            return false;
        }
        checkCounters();
        return checkManifest();
    }

    ShardCounters counters() {
        return counters;
    }

    Manifest manifest() {
        return manifest;
    }

    private void checkCounters() {
        if (counters.appliedIndex() < 0
                || counters.nextOrdinal() < 0
                || counters.clippedWeights() < 0
                || counters.sessionClock() < 0) {
            findings.add(Column.META, "'counters'", "one is negative: " + counters);
        }
    }

    private boolean checkManifest() {
        boolean readable = true;
        Set<Integer> numbers = new HashSet<>();
        for (SegmentInfo info : manifest.segments()) {
            if (info.id() < 1 || info.id() >= manifest.nextSegment()) {
                findings.add(
                        Column.META,
                        "'manifest'",
                        "segment " + info.id() + " is not between 1 and the next one, " + manifest.nextSegment());
            }
            if (!numbers.add(info.id())) {
                findings.add(Column.META, "'manifest'", "it names segment " + info.id() + " twice");
                readable = false;
            }
            if (info.documents() < 1 || info.terms() < 0 || info.postings() < 0 || info.idBytes() < 0) {
                findings.add(Column.META, "'manifest'", "no segment can have these sizes: " + info);
                readable = false;
            }
        }
        return readable;
    }
}
