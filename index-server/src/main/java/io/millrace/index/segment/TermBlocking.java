package io.millrace.index.segment;

import io.millrace.index.memory.GrowingMemory;
import io.millrace.index.memory.NativeMemory;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Decides which terms of a segment are blocked, and makes their rows. Blocked are terms that are frequent for the size of the
 * segment: of a rare term a search reads every posting in less time than it takes to find those that matter. For one thread.
 */
final class TermBlocking implements AutoCloseable {
    /** Documents of a segment from which on terms are blocked: of fewer, a search reads all postings in some 30 µs. */
    static final int MIN_DOCUMENTS = 1 << 14;

    /** A term in fewer documents than this share of the segment is rare. */
    private static final int RARE_SHARE = 256;

    private static final int RARE = 8;
    private static final int LARGEST_UNIT = 255;
    /** Makes 255 units reach the largest weight whatever is rounded. */
    private static final double SCALE_SLACK = 1 + 0x1p-20;

    // Below, 255 steps would be lost to rounding near the smallest floats.
    private static final float SMALLEST_WEIGHT = 1e-30f;

    private final Format format;
    private final SegmentColumns columns;
    private final boolean wanted;
    private final int frequent;
    private final BlockColumns.Builder builder;
    private final GrowingMemory rows = new GrowingMemory();
    private final GrowingMemory documentStarts = new GrowingMemory();
    private byte[] units = new byte[1 << 10];

    /**
     * @param minDocuments documents from which on terms are blocked
     * @param columns whose weights are filled before a term is offered
     */
    TermBlocking(int minDocuments, Format format, SegmentInfo size, SegmentColumns columns) {
        this.format = format;
        this.columns = columns;
        this.builder = new BlockColumns.Builder(size.documents());
        // Segments of the write buffer live too short, and postings are numbered in 32 bits.
        this.wanted = size.id() != 0 && size.documents() >= minDocuments && size.postings() < 1L << 32;
        this.frequent = Math.max(RARE, size.documents() / RARE_SHARE);
    }

    /**
     * The next term.
     *
     * @param documents of its postings, ascending
     * @param count how many there are
     * @param firstPosting its first posting
     * @param documentStart where its documents are to be listed if it is not blocked
     * @return whether it is blocked
     */
    boolean offer(int[] documents, int count, long firstPosting, long documentStart) {
        if (!wanted) {
            return false;
        }
        float scale = count < frequent ? 0f : scale(count, firstPosting);
        documentStarts.putLong(documentStart);
        rows.putInt(scale > 0f ? builder.add(documents, count, firstPosting, units, scale) : -1);
        return scale > 0f;
    }

    /** The unit of a term's maxima, whose {@link #units} are then filled; 0 = its weights cannot be told apart in units. */
    private float scale(int count, long firstPosting) {
        if (units.length < count) {
            units = new byte[Math.max(count, 2 * units.length)];
        }
        if (format == Format.UINT8) {
            MemorySegment.copy(columns.weights(), ValueLayout.JAVA_BYTE, firstPosting, units, 0, count);
            return 1f;
        }
        float largest = 0f;
        float smallest = Float.POSITIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            float weight = weight(firstPosting + i);
            largest = Math.max(largest, weight);
            smallest = Math.min(smallest, weight);
        }
        if (smallest < SMALLEST_WEIGHT) {
            return 0f;
        }
        float scale = (float) (largest / LARGEST_UNIT * SCALE_SLACK);
        for (int i = 0; i < count; i++) {
            units[i] = (byte) Math.clamp((long) Math.ceil((double) weight(firstPosting + i) / scale), 1, LARGEST_UNIT);
        }
        return scale;
    }

    private float weight(long posting) {
        return NativeMemory.floatAt(columns.weights().address(), posting);
    }

    /** The columns with the rows of all terms offered. */
    SegmentColumns finish(SegmentColumns whole) {
        BlockColumns blocks = builder.build(whole.arena());
        return blocks.rows() == 0
                ? whole
                : whole.with(blocks, rows.moveTo(whole.arena()), documentStarts.moveTo(whole.arena()));
    }

    @Override
    public void close() {
        builder.close();
        rows.close();
        documentStarts.close();
    }
}
