package io.millrace.index.store;

import java.nio.charset.StandardCharsets;

/** Column families of a shard. Numbers in keys are big-endian, so that byte order is number order. */
public enum Column {
    /** Name → descriptor, counters, manifest of live segments. RocksDB insists on this name for the first. */
    META("default"),
    /** Document id → stamp and ordinal, or tombstone. */
    DOCS("docs"),
    /** Segment u32, chunk u32 → ordinals and ids of its documents. */
    IDS("ids"),
    /** Ordinal u64 → title, text and metadata. */
    SOURCE("source"),
    /** Ordinal u64 → vector. */
    FWD("fwd"),
    /** Segment u32, term u32, chunk u32 → postings. */
    POSTINGS("postings"),
    /** Segment u32, chunk u32 → values of its documents' metadata. */
    FILT("filt"),
    /** Ordinal u64 of a version that is dead but still in a segment → nothing. */
    DELS("dels"),
    /** Client, or client and sequence u64 → progress, or outcome. */
    SESSIONS("sessions"),
    /** Ordinal u64 of a version that is in no segment yet → document id and metadata. */
    BUF("buf");

    private final String familyName;

    Column(String familyName) {
        this.familyName = familyName;
    }

    byte[] familyName() {
        return familyName.getBytes(StandardCharsets.UTF_8);
    }

    /** Text shrinks to a half; ids and floats do not, and posting deltas are packed already. */
    boolean compresses() {
        return this == SOURCE || this == DOCS || this == SESSIONS;
    }
}
