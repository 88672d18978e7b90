package io.millrace.index.codec;

import io.millrace.index.record.SegmentInfo;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments that make up a shard, by ascending ordinals. Segment data that it does not name is left over from an
 * interrupted flush or merge.
 *
 * @param segments live segments
 * @param nextSegment number of the next one; never used twice
 */
public record Manifest(List<SegmentInfo> segments, int nextSegment) {
    /** A new shard's. */
    public static final Manifest EMPTY = new Manifest(List.of(), 1);

    /** Copies the list. */
    public Manifest {
        segments = List.copyOf(segments);
    }

    public byte[] encode() {
        ByteSink out = new ByteSink().putInt(nextSegment).putVarint(segments.size());
        for (SegmentInfo segment : segments) {
            out.putInt(segment.id())
                    .putInt(segment.documents())
                    .putInt(segment.terms())
                    .putLong(segment.postings())
                    .putLong(segment.idBytes())
                    .putLong(segment.fieldEntries());
        }
        return out.toValue();
    }

    public static Manifest decode(byte[] value) {
        ByteSource in = new ByteSource("the manifest of segments", value);
        int nextSegment = in.getInt();
        int count = in.getCount(3 * Integer.BYTES + 3 * Long.BYTES);
        List<SegmentInfo> segments = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            segments.add(
                    new SegmentInfo(in.getInt(), in.getInt(), in.getInt(), in.getLong(), in.getLong(), in.getLong()));
        }
        in.requireEnd();
        return new Manifest(segments, nextSegment);
    }
}
