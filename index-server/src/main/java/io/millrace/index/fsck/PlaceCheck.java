package io.millrace.index.fsck;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import io.millrace.index.segment.Segment;
import io.millrace.index.store.Column;
import io.millrace.index.store.Keys;
import io.millrace.index.store.StoreInspection;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Holds segments, then the write buffer against {@code DOCS}: every version in its one place, under its id. */
final class PlaceCheck {
    private final StoreInspection store;
    private final Versions versions;
    private final ShardFindings findings;
    // Highest ordinal of the segments so far.
    private long last = -1;

    PlaceCheck(StoreInspection store, Versions versions, ShardFindings findings) {
        this.store = store;
        this.versions = versions;
        this.findings = findings;
    }

    /** The next segment of the manifest. */
    void readSegment(Segment segment) {
        String where = "segment " + segment.info().id();
        if (segment.firstOrdinal() <= last) {
            findings.add(
                    Column.IDS,
                    where,
                    "it begins with version " + segment.firstOrdinal()
                            + ", but an earlier segment of the manifest ends with " + last);
        }
        last = Math.max(last, segment.lastOrdinal());
        for (int document = 0; document < segment.info().documents(); document++) {
            long ordinal = segment.ordinal(document);
            String version = where + ", version " + ordinal;
            if (versions.inRange(ordinal)) {
                place(Column.IDS, version, ordinal, segment.id(document));
            } else {
                findings.add(Column.IDS, version, "it is not between 0 and the next ordinal, " + versions.next);
            }
        }
    }

    /** All of the write buffer, after the segments. */
    void readBuffer() {
        store.rows(Column.BUF, (key, value) -> {
            if (key.length != Long.BYTES) {
                findings.add(Column.BUF, "a row", "its key has " + key.length + " bytes; those of a version have 8");
                return;
            }
            long ordinal = Keys.ordinal(key);
            String version = "version " + ordinal;
            if (!versions.inRange(ordinal)) {
                findings.add(Column.BUF, version, "it is not between 0 and the next ordinal, " + versions.next);
                return;
            }
            if (ordinal <= last) {
                findings.add(
                        Column.BUF, version, "the segments end with version " + last + ", which should come before");
            }
            try {
                BufferedVersion buffered = RecordCodec.buffered(value);
                place(Column.BUF, version, ordinal, buffered.id());
                checkMetadata(version, ordinal, buffered);
            } catch (StoreException e) {
                versions.placesWhole = false;
                findings.add(Column.BUF, version, String.valueOf(e.getMessage()));
            }
        });
    }

    private void checkMetadata(String version, long ordinal, BufferedVersion buffered) {
        byte @Nullable [] row = store.value(Column.SOURCE, ordinal);
        Map<String, String> metadata = row == null ? null : FieldCheck.metadata(ordinal, row);
        if (metadata != null && !metadata.equals(buffered.metadata())) {
            findings.add(Column.BUF, version, "its metadata differs from that in SOURCE");
        }
    }

    private void place(Column family, String where, long ordinal, DocumentId id) {
        if (!versions.placed.add(ordinal)) {
            findings.add(family, where, "document '" + id + "' is in more than one place");
        }
        DocumentEntry entry;
        try {
            entry = entry(id);
        } catch (StoreException e) {
            // Named when DOCS was read.
            return;
        }
        if (entry != null && entry.ordinal() == ordinal) {
            return;
        }
        if (family == Column.IDS && versions.dead.contains(ordinal)) {
            return;
        }
        String dead = family == Column.IDS ? " and DELS does not mark it dead" : "";
        findings.add(family, where, "it is a version of document '" + id + "', but " + named(entry) + dead);
    }

    private static String named(@Nullable DocumentEntry entry) {
        if (entry == null) {
            return "DOCS does not know that document";
        }
        return entry.isLive() ? "DOCS names version " + entry.ordinal() : "DOCS has that document as deleted";
    }

    private @Nullable DocumentEntry entry(DocumentId id) {
        byte @Nullable [] value = store.value(Column.DOCS, id.utf8());
        return value == null ? null : RecordCodec.entry(id.toString(), value);
    }
}
