package io.millrace.index.fsck;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.Segment;
import io.millrace.index.store.Column;
import io.millrace.index.store.Keys;
import io.millrace.index.store.StoreInspection;
import io.millrace.vector.SparseVector;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Holds a segment's postings against the forward vectors of its documents, without turning either around: for each
 * document the sum of mixed (term, weight) pairs is the same from both sides. A single wrong posting always shows, as mixing
 * is one-to-one; several could cancel out with a chance of 2⁻⁶⁴. Documents that differ are then compared term by term.
 */
final class PostingCheck {
    private final StoreInspection store;
    private final Segment segment;
    private final WeightScheme weights;
    private final ShardFindings findings;
    // Local documents that differ, the first ones; with the bits of their weights by term, from the postings.
    private final Map<Integer, TreeMap<Integer, Integer>> differing = new LinkedHashMap<>();

    PostingCheck(StoreInspection store, Segment segment, ShardFindings findings) {
        this.store = store;
        this.segment = segment;
        this.weights = store.store().descriptor().weights();
        this.findings = findings;
    }

    void run() {
        long[] sums = new long[segment.info().documents()];
        forEachPosting((document, term, bits) -> sums[document] += mix(term, bits));
        store.rows(Column.FWD, segment.firstOrdinal(), segment.lastOrdinal(), (key, value) -> {
            if (key.length != Long.BYTES) {
                return;
            }
            int document = segment.findOrdinal(Keys.ordinal(key));
            SparseVector vector = document < 0 ? null : vector(Keys.ordinal(key), value);
            if (vector != null && sum(vector) != sums[document]) {
                if (differing.size() < Findings.KEPT) {
                    differing.put(document, new TreeMap<>(Integer::compareUnsigned));
                } else {
                    findings.add(Column.POSTINGS, where(document), "its postings differ from its vector in FWD");
                }
            }
        });
        if (!differing.isEmpty()) {
            explain();
        }
    }

    private void explain() {
        forEachPosting((document, term, bits) -> {
            TreeMap<Integer, Integer> terms = differing.get(document);
            if (terms != null) {
                terms.put(term, bits);
            }
        });
        differing.forEach((document, postings) -> {
            long ordinal = segment.ordinal(document);
            byte @Nullable [] value = store.value(Column.FWD, ordinal);
            SparseVector vector = value == null ? null : vector(ordinal, value);
            if (vector != null) {
                findings.add(Column.POSTINGS, where(document), difference(postings, vector));
            }
        });
    }

    /** The first difference, by terms. */
    private String difference(NavigableMap<Integer, Integer> postings, SparseVector vector) {
        for (int i = 0; i < vector.size(); i++) {
            int term = vector.ids()[i];
            Integer bits = postings.remove(term);
            int expected = bits(vector.weights()[i]);
            if (bits == null) {
                return "it has no posting of term " + Integer.toUnsignedString(term) + ", but its vector in FWD has "
                        + shown(expected);
            }
            if (bits != expected) {
                return "its posting of term " + Integer.toUnsignedString(term) + " has " + shown(bits)
                        + ", but its vector in FWD " + shown(expected);
            }
        }
        return postings.isEmpty()
                ? "its postings differ from its vector in FWD"
                : "it has a posting of term " + Integer.toUnsignedString(postings.firstKey())
                        + ", but its vector in FWD does not have the term";
    }

    private interface Posting {
        void accept(int document, int term, int bits);
    }

    private void forEachPosting(Posting posting) {
        int[] documents = new int[segment.info().documents()];
        for (int place = 0; place < segment.info().terms(); place++) {
            int term = segment.term(place);
            int count = segment.postings(place);
            long start = segment.postingStart(place);
            segment.readDocuments(place, documents);
            for (int i = 0; i < count; i++) {
                int bits = weights.quantised()
                        ? Byte.toUnsignedInt(segment.postingWeights().get(ValueLayout.JAVA_BYTE, start + i))
                        : segment.postingWeights().getAtIndex(ValueLayout.JAVA_INT, start + i);
                posting.accept(documents[i], term, bits);
            }
        }
    }

    private long sum(SparseVector vector) {
        long sum = 0;
        for (int i = 0; i < vector.size(); i++) {
            sum += mix(vector.ids()[i], bits(vector.weights()[i]));
        }
        return sum;
    }

    /** An impact, or the bits of a float: what a posting keeps of a weight. */
    private int bits(float weight) {
        return weights.quantised() ? weights.impact(weight) : Float.floatToRawIntBits(weight);
    }

    private String shown(int bits) {
        return weights.quantised() ? "impact " + bits : "weight " + Float.intBitsToFloat(bits);
    }

    private String where(int document) {
        return "segment " + segment.info().id() + ", version " + segment.ordinal(document) + " of document '"
                + segment.id(document) + "'";
    }

    /** Null if it is damaged, which is named where all vectors are read. */
    private static @Nullable SparseVector vector(long ordinal, byte[] value) {
        try {
            return RecordCodec.vector(ordinal, value);
        } catch (StoreException e) {
            return null;
        }
    }

    private static long mix(int term, int bits) {
        return mix((long) term << 32 | Integer.toUnsignedLong(bits));
    }

    /** One-to-one: the finalizer of SplitMix64 (Steele, Lea and Flood 2014). */
    static long mix(long number) {
        long mixed = number + 0x9E3779B97F4A7C15L;
        mixed = (mixed ^ (mixed >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }
}
