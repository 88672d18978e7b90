package io.millrace.index.segment;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.filter.FieldMerge;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** Joins segments into one, leaving dead documents out. Stateless; the inputs must stay held while it runs. */
public final class SegmentMerger {
    private static final int DEAD = -1;

    private SegmentMerger() {}

    /**
     * A new segment of all live documents in the order of the inputs, held once by the caller.
     *
     * @param views inputs by ascending ordinals, at least one live document in all of them together
     * @param id number of the new segment
     */
    public static Segment merge(List<SegmentView> views, int id) {
        return merge(views, id, moved(views), TermBlocking.MIN_DOCUMENTS);
    }

    /** The same in an order that lets searches skip most of it. */
    public static Segment mergeReordered(List<SegmentView> views, int id, DocumentOrder order) {
        return mergeReordered(views, id, order, TermBlocking.MIN_DOCUMENTS);
    }

    /** The same, with terms blocked from another number of documents on. */
    public static Segment mergeReordered(List<SegmentView> views, int id, DocumentOrder order, int blockedFrom) {
        int[][] moved = moved(views);
        int[] place = Permutations.inverse(order.of(views, moved));
        for (int[] documents : moved) {
            for (int document = 0; document < documents.length; document++) {
                documents[document] = documents[document] == DEAD ? DEAD : place[documents[document]];
            }
        }
        return merge(views, id, moved, blockedFrom);
    }

    /** By input and document, its place among all live documents, or {@link #DEAD}. */
    private static int[][] moved(List<SegmentView> views) {
        int[][] moved = new int[views.size()][];
        int documents = 0;
        for (int v = 0; v < moved.length; v++) {
            SegmentView view = views.get(v);
            moved[v] = new int[view.segment().info().documents()];
            for (int document = 0; document < moved[v].length; document++) {
                moved[v][document] = view.live().contains(document) ? documents++ : DEAD;
            }
        }
        return moved;
    }

    private static Segment merge(List<SegmentView> views, int id, int[][] moved, int blockedFrom) {
        Format format = views.getFirst().segment().format();
        SegmentAssembler into = new SegmentAssembler(format, size(views, id, moved), blockedFrom);
        try {
            copyDocuments(views, moved, into);
            copyPostings(views, moved, into);
            FieldMerge.merge(fields(views), moved, into.fields());
            return into.finish();
        } catch (RuntimeException | Error e) {
            into.abandon();
            throw e;
        }
    }

    private static SegmentInfo size(List<SegmentView> views, int id, int[][] moved) {
        int documents = 0;
        long idBytes = 0;
        long postings = 0;
        long terms = 0;
        for (int v = 0; v < moved.length; v++) {
            SegmentView view = views.get(v);
            documents += view.live().count();
            for (int document = 0; document < moved[v].length; document++) {
                idBytes += moved[v][document] == DEAD
                        ? 0
                        : view.segment().id(document).utf8().length;
            }
            postings += livePostings(view, moved[v]);
            terms += view.segment().info().terms();
        }
        // Distinct terms of several segments are at most the sum of theirs; the directory's slack is not worth a pass.
        int termBound = (int) Math.min(Integer.MAX_VALUE - 8, Math.min(terms, postings));
        return new SegmentInfo(id, documents, termBound, postings, idBytes, FieldMerge.entries(fields(views), moved));
    }

    private static List<FieldColumns> fields(List<SegmentView> views) {
        return views.stream().map(view -> view.segment().fields().columns()).toList();
    }

    private static long livePostings(SegmentView view, int[] moved) {
        Segment segment = view.segment();
        if (view.deadDocuments() == 0) {
            return segment.info().postings();
        }
        long live = 0;
        int[] documents = new int[segment.info().documents()];
        for (int place = 0; place < segment.info().terms(); place++) {
            segment.readDocuments(place, documents);
            for (int i = 0; i < segment.postings(place); i++) {
                live += moved[documents[i]] == DEAD ? 0 : 1;
            }
        }
        return live;
    }

    private static void copyDocuments(List<SegmentView> views, int[][] moved, SegmentAssembler into) {
        int documents = views.stream().mapToInt(view -> view.live().count()).sum();
        int[] inputs = new int[documents];
        int[] sources = new int[documents];
        for (int v = 0; v < moved.length; v++) {
            for (int document = 0; document < moved[v].length; document++) {
                if (moved[v][document] != DEAD) {
                    inputs[moved[v][document]] = v;
                    sources[moved[v][document]] = document;
                }
            }
        }
        for (int place = 0; place < documents; place++) {
            Segment segment = views.get(inputs[place]).segment();
            DocumentId id = segment.id(sources[place]);
            into.addDocument(segment.ordinal(sources[place]), MemorySegment.ofArray(id.utf8()), 0, id.utf8().length);
        }
    }

    private static void copyPostings(List<SegmentView> views, int[][] moved, SegmentAssembler into) {
        TermPostings postings = new TermPostings(views, moved);
        int[] places = new int[views.size()];
        while (true) {
            int term = 0;
            boolean found = false;
            for (int v = 0; v < places.length; v++) {
                Segment segment = views.get(v).segment();
                if (places[v] < segment.info().terms()) {
                    int here = segment.term(places[v]);
                    if (!found || Integer.compareUnsigned(here, term) < 0) {
                        term = here;
                        found = true;
                    }
                }
            }
            if (!found) {
                return;
            }
            for (int v = 0; v < places.length; v++) {
                Segment segment = views.get(v).segment();
                if (places[v] < segment.info().terms() && segment.term(places[v]) == term) {
                    postings.add(v, places[v]++);
                }
            }
            postings.drain(term, into);
        }
    }

    /** The live postings of one term, from all inputs. */
    private static final class TermPostings {
        private final List<SegmentView> views;
        private final int[][] moved;
        private final int bytes;
        private int[] documents = new int[1 << 10];
        // New document in the upper half, position among the weights in the lower.
        private long[] keys = new long[1 << 10];
        private byte[] weights = new byte[1 << 12];
        private int size;

        TermPostings(List<SegmentView> views, int[][] moved) {
            this.views = views;
            this.moved = moved;
            this.bytes = views.getFirst().segment().format().bytes();
        }

        void add(int view, int place) {
            Segment segment = views.get(view).segment();
            int count = segment.postings(place);
            if (size + count > keys.length) {
                keys = Arrays.copyOf(keys, Math.max(size + count, 2 * keys.length));
            }
            if ((long) (size + count) * bytes > weights.length) {
                weights = Arrays.copyOf(weights, Math.max((size + count) * bytes, 2 * weights.length));
            }
            if (count > documents.length) {
                documents = new int[Math.max(count, 2 * documents.length)];
            }
            segment.readDocuments(place, documents);
            MemorySegment from = segment.postingWeights();
            MemorySegment to = MemorySegment.ofArray(weights);
            long start = segment.postingStart(place);
            for (int i = 0; i < count; i++) {
                int document = moved[view][documents[i]];
                if (document != DEAD) {
                    keys[size] = (long) document << Integer.SIZE | size;
                    MemorySegment.copy(from, (start + i) * bytes, to, (long) size * bytes, bytes);
                    size++;
                }
            }
        }

        /** Adds them to a segment; a term without any is left out. */
        void drain(int term, SegmentAssembler into) {
            if (size == 0) {
                return;
            }
            // Ascending already unless documents were reordered; the sort sees that in one pass.
            Arrays.sort(keys, 0, size);
            into.beginTerm(term);
            MemorySegment from = MemorySegment.ofArray(weights);
            for (int i = 0; i < size; i++) {
                into.addPosting((int) (keys[i] >>> Integer.SIZE), from, keys[i] & 0xFFFF_FFFFL);
            }
            size = 0;
        }
    }
}
