package io.millrace.index.fsck;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.SourceCodec;
import io.millrace.index.codec.StoredValue;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.Column;
import io.millrace.index.store.Keys;
import io.millrace.index.store.StoreInspection;
import io.millrace.vector.SparseVector;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Holds {@code DOCS}, {@code DELS}, {@code FWD} and {@code SOURCE} against one another. The steps come in the order of the
 * methods; segments and the write buffer are read before the last.
 */
final class VersionCheck {
    private final StoreInspection store;
    private final Versions versions;
    private final ShardFindings findings;
    private long clipped;

    VersionCheck(StoreInspection store, Versions versions, ShardFindings findings) {
        this.store = store;
        this.versions = versions;
        this.findings = findings;
    }

    /** Which versions are live. */
    void readEntries() {
        store.rows(Column.DOCS, (key, value) -> {
            String document = name(key);
            if (key.length == 0 || key.length > DocumentId.MAX_BYTES) {
                findings.add(
                        Column.DOCS, document, "an id has 1 to " + DocumentId.MAX_BYTES + " bytes, not " + key.length);
            }
            try {
                readEntry(document, RecordCodec.entry(new String(key, StandardCharsets.UTF_8), value));
            } catch (StoreException e) {
                versions.entriesWhole = false;
                findings.add(Column.DOCS, document, String.valueOf(e.getMessage()));
            }
        });
        if (!versions.entriesWhole) {
            findings.note("versions that no document names were not looked for, as entries of DOCS are damaged");
        }
    }

    private void readEntry(String document, DocumentEntry entry) {
        if (!entry.isLive()) {
            return;
        }
        if (!versions.inRange(entry.ordinal())) {
            findings.add(Column.DOCS, document, outOfRange(entry.ordinal()));
        } else if (!versions.live.add(entry.ordinal())) {
            findings.add(Column.DOCS, document, "it names version " + entry.ordinal() + ", as another document does");
        }
    }

    /** Which versions are on record as dead. */
    void readDead() {
        readVersions(Column.DELS, (ordinal, value) -> {
            if (StoredValue.unwrap("the mark of a dead version", value).hasRemaining()) {
                findings.add(Column.DELS, version(ordinal), "its value should be empty");
            }
            if (versions.live.contains(ordinal)) {
                findings.add(Column.DELS, version(ordinal), "it is marked dead, but a document of DOCS names it");
            }
            versions.dead.add(ordinal);
        });
    }

    /** Vectors, and how many of their weights the counter of clipped ones must have counted. */
    void readVectors(long clippedOnRecord) {
        WeightScheme weights = store.store().descriptor().weights();
        readVersions(Column.FWD, (ordinal, value) -> {
            requireNamed(Column.FWD, ordinal);
            versions.vectors.add(ordinal);
            SparseVector vector = RecordCodec.vector(ordinal, value);
            for (float weight : vector.weights()) {
                clipped += weights.clips(weight) ? 1 : 0;
            }
        });
        if (clipped > clippedOnRecord) {
            findings.add(
                    Column.META,
                    "'counters'",
                    clippedOnRecord + " weights were clipped ever, but the vectors of live documents have " + clipped);
        }
    }

    void readSources() {
        readVersions(Column.SOURCE, (ordinal, value) -> {
            requireNamed(Column.SOURCE, ordinal);
            versions.sources.add(ordinal);
            ByteBuffer payload = StoredValue.unwrap("the source of document version " + ordinal, value);
            byte[] source = new byte[payload.remaining()];
            payload.get(source);
            SourceCodec.source(ordinal, source);
        });
    }

    /** Reads the documents once more, to name those whose version is not in every family it must be in. */
    void requireAll() {
        store.rows(Column.DOCS, (key, value) -> {
            DocumentEntry entry;
            try {
                entry = RecordCodec.entry("", value);
            } catch (StoreException e) {
                // Named before.
                return;
            }
            if (!entry.isLive() || !versions.inRange(entry.ordinal())) {
                return;
            }
            String names = "it names version " + entry.ordinal() + ", which ";
            if (!versions.vectors.contains(entry.ordinal())) {
                findings.add(Column.DOCS, name(key), names + "has no vector in FWD");
            }
            if (!versions.sources.contains(entry.ordinal())) {
                findings.add(Column.DOCS, name(key), names + "has no SOURCE");
            }
            if (versions.placesWhole && !versions.placed.contains(entry.ordinal())) {
                findings.add(Column.DOCS, name(key), names + "is neither in a segment nor in BUF");
            }
        });
        if (!versions.placesWhole) {
            findings.note("versions that are nowhere were not looked for, as a segment or a row of BUF is damaged");
        }
    }

    private interface VersionRow {
        void accept(long ordinal, byte[] value);
    }

    private void readVersions(Column family, VersionRow row) {
        store.rows(family, (key, value) -> {
            if (key.length != Long.BYTES) {
                findings.add(family, name(key), "its key has " + key.length + " bytes; those of a version have 8");
                return;
            }
            long ordinal = Keys.ordinal(key);
            if (!versions.inRange(ordinal)) {
                findings.add(family, version(ordinal), outOfRange(ordinal));
                return;
            }
            try {
                row.accept(ordinal, value);
            } catch (StoreException e) {
                findings.add(family, version(ordinal), String.valueOf(e.getMessage()));
            }
        });
    }

    private void requireNamed(Column family, long ordinal) {
        if (versions.entriesWhole && !versions.live.contains(ordinal)) {
            findings.add(family, version(ordinal), "no document of DOCS names it");
        }
    }

    private String outOfRange(long ordinal) {
        return "version " + ordinal + " is not between 0 and the next ordinal, " + versions.next;
    }

    private static String version(long ordinal) {
        return "version " + ordinal;
    }

    private static String name(byte[] key) {
        return "document '" + new String(key, StandardCharsets.UTF_8) + "'";
    }
}
