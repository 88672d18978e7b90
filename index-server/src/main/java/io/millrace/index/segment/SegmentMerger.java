package io.millrace.index.segment;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.filter.FieldMerge;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.util.List;

/** Joins segments into one, leaving dead documents out. Stateless; the inputs must stay held while it runs. */
public final class SegmentMerger {
    static final int DEAD = -1;

    private static final long END = Long.MAX_VALUE;

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
                idBytes += moved[v][document] == DEAD ? 0 : view.segment().idLength(document);
            }
            postings += livePostings(view, moved[v]);
            terms += view.segment().info().terms();
        }
        // Distinct terms of several segments are at most the sum of theirs; more need not be known beforehand.
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
            views.get(inputs[place]).segment().copyDocument(sources[place], into);
        }
    }

    private static void copyPostings(List<SegmentView> views, int[][] moved, SegmentAssembler into) {
        Segment[] segments = views.stream().map(SegmentView::segment).toArray(Segment[]::new);
        TermPostings postings = new TermPostings(into.documents());
        int[] places = new int[segments.length];
        // Next term of each input with its sign bit flipped, so that signed order is the terms' own; END when there is
        // none.
        long[] next = new long[segments.length];
        for (int v = 0; v < segments.length; v++) {
            next[v] = termAt(segments[v], 0);
        }
        while (true) {
            long least = END;
            for (long term : next) {
                least = Math.min(least, term);
            }
            if (least == END) {
                return;
            }
            for (int v = 0; v < segments.length; v++) {
                if (next[v] == least) {
                    postings.add(segments[v], places[v]++, moved[v]);
                    next[v] = termAt(segments[v], places[v]);
                }
            }
            postings.drain((int) least ^ Integer.MIN_VALUE, into);
        }
    }

    private static long termAt(Segment segment, int place) {
        return place < segment.info().terms() ? segment.term(place) ^ Integer.MIN_VALUE : END;
    }
}
