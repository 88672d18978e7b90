package io.millrace.index.fsck;

import io.millrace.index.codec.Manifest;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.StoreException;
import io.millrace.index.segment.Segment;
import io.millrace.index.store.Column;
import io.millrace.index.store.StoreInspection;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Loads every segment that the manifest names, one at a time, and has its documents and postings checked. */
final class SegmentCheck {
    private final StoreInspection store;
    private final PlaceCheck places;
    private final Versions versions;
    private final ShardFindings findings;
    private long postings;

    SegmentCheck(StoreInspection store, Versions versions, PlaceCheck places, ShardFindings findings) {
        this.store = store;
        this.versions = versions;
        this.places = places;
        this.findings = findings;
    }

    void run(Manifest manifest) {
        Set<Integer> leftover = new TreeSet<>();
        checkChunks(Column.IDS, 2 * Integer.BYTES, leftover);
        checkChunks(Column.POSTINGS, 3 * Integer.BYTES, leftover);
        checkChunks(Column.FILT, 2 * Integer.BYTES, leftover);
        for (SegmentInfo info : manifest.segments()) {
            leftover.remove(info.id());
            check(info);
        }
        for (int segment : leftover) {
            findings.note("segment " + segment
                    + " is named by no manifest, left over from an interrupted flush or merge; the server removes it when"
                    + " it starts");
        }
    }

    /** Postings of all segments. */
    long postings() {
        return postings;
    }

    private void check(SegmentInfo info) {
        Segment segment = load(info);
        if (segment == null) {
            versions.placesWhole = false;
            return;
        }
        try {
            postings += segment.info().postings();
            if (segment.info().terms() != info.terms()) {
                findings.add(
                        Column.POSTINGS,
                        "segment " + info.id(),
                        "it has " + segment.info().terms() + " terms, the manifest says " + info.terms());
            }
            places.readSegment(segment);
            new PostingCheck(store, segment, findings).run();
            new FieldCheck(store, segment, findings).run();
        } finally {
            segment.release();
        }
    }

    private @Nullable Segment load(SegmentInfo info) {
        try {
            return store.store().segments().load(info);
        } catch (StoreException e) {
            findings.add(String.valueOf(e.getMessage()));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            findings.add("segment " + info.id() + " cannot be read: " + e);
        }
        return null;
    }

    /** Numbers of chunks run from 0; collects the segments that have any. */
    private void checkChunks(Column family, int keyBytes, Set<Integer> segments) {
        byte[] before = new byte[keyBytes];
        int prefix = keyBytes - Integer.BYTES;
        int[] expected = {0};
        boolean[] any = {false};
        store.keys(family, key -> {
            if (key.length != keyBytes) {
                findings.add(family, "a row", "its key has " + key.length + " bytes, not " + keyBytes);
                return;
            }
            if (!any[0] || !Arrays.equals(key, 0, prefix, before, 0, prefix)) {
                expected[0] = 0;
                segments.add(ByteBuffer.wrap(key).getInt());
            }
            int chunk = ByteBuffer.wrap(key).getInt(prefix);
            if (chunk != expected[0]) {
                findings.add(family, place(key, prefix), "chunk " + expected[0] + " is missing; the next is " + chunk);
            }
            expected[0] = chunk + 1;
            any[0] = true;
            System.arraycopy(key, 0, before, 0, keyBytes);
        });
    }

    private static String place(byte[] key, int prefix) {
        String segment = "segment " + ByteBuffer.wrap(key).getInt();
        return prefix == Integer.BYTES
                ? segment
                : segment + ", term "
                        + Integer.toUnsignedString(ByteBuffer.wrap(key).getInt(Integer.BYTES));
    }
}
