package io.millrace.index.codec;

import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme.Format;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentAssembler;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * Chunks of a segment on disk. Documents: a count, then for each the ordinal (as its zigzag difference from the one
 * before, the first from 0), the length of its id and the id. Postings: weight format, count, local documents (the first as
 * it is, then differences), then all weights.
 */
public final class SegmentCodec {
    /** Postings of one chunk: at most 9 bytes each, so that a value stays below 4 MiB. */
    public static final int POSTINGS_PER_CHUNK = 1 << 18;

    /** Documents of one chunk: at most 524 bytes each, so that a value stays below 4 MiB. */
    public static final int DOCUMENTS_PER_CHUNK = 1 << 12;

    // Of what an encoded list takes: enough for its frame, and for most differences between documents.
    private static final int EXPECTED_BYTES = 32;
    private static final int EXPECTED_BYTES_PER_DOCUMENT = 3;

    private SegmentCodec() {}

    public static byte[] encodeDocuments(Segment segment, int from, int to) {
        ByteSink out = new ByteSink().putVarint(to - from);
        long previous = 0;
        for (int document = from; document < to; document++) {
            long ordinal = segment.ordinal(document);
            out.putVarint(zigzag(ordinal - previous))
                    .putBytes(segment.id(document).utf8());
            previous = ordinal;
        }
        return out.toValue();
    }

    public static void decodeDocuments(String what, byte[] value, SegmentAssembler into) {
        ByteSource in = new ByteSource(what, value);
        int count = in.getCount(2);
        long ordinal = 0;
        for (int i = 0; i < count; i++) {
            ordinal += unzigzag(in.getVarint());
            byte[] id = in.getBytes();
            into.addDocument(ordinal, MemorySegment.ofArray(id), 0, id.length);
        }
        in.requireEnd();
    }

    /**
     * Some postings of one term.
     *
     * @param documents local documents of all of the term's postings
     * @param start its first posting
     */
    public static byte[] encodePostings(Segment segment, int[] documents, long start, int from, int to) {
        int weight = segment.format().bytes();
        return new ByteSink(EXPECTED_BYTES + (to - from) * (EXPECTED_BYTES_PER_DOCUMENT + weight))
                .putByte(segment.format().code())
                .putVarint(to - from)
                .putAscending(documents, from, to)
                // Weights lie in memory as they do on disk, both little-endian.
                .putMemory(segment.postingWeights(), (start + from) * weight, (to - from) * weight)
                .toValue();
    }

    public static void decodePostings(String what, byte[] value, Format format, SegmentAssembler into) {
        ByteSource in = new ByteSource(what, value);
        int code = in.getByte();
        if (code != format.code()) {
            throw StoreException.corrupt(
                    what, "its weights are in format " + code + ", the shard's in " + format.code());
        }
        int count = in.getCount(1 + format.bytes());
        int[] documents = new int[count];
        long document = 0;
        for (int i = 0; i < count; i++) {
            document += in.getVarint();
            if (document < 0 || document > Integer.MAX_VALUE) {
                throw StoreException.corrupt(what, "local document " + document + " is out of range");
            }
            documents[i] = (int) document;
        }
        ByteBuffer rest = in.rest();
        if (rest.remaining() != count * format.bytes()) {
            throw StoreException.corrupt(
                    what, "it has " + rest.remaining() + " bytes of weights for " + count + " postings");
        }
        into.addPostings(documents, count, MemorySegment.ofBuffer(rest));
    }

    /** Small numbers of either sign as small unsigned ones. */
    private static long zigzag(long number) {
        return (number << 1) ^ (number >> 63);
    }

    private static long unzigzag(long number) {
        return (number >>> 1) ^ -(number & 1);
    }
}
