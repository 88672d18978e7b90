package io.millrace.index.segment;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.WeightScheme.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Joins segments into one, leaving dead documents out. Inputs are in the order of their ordinals, so that the result is
 * too. Stateless; the inputs must stay held while it runs.
 */
public final class SegmentMerger {
    private static final int DEAD = -1;

    private SegmentMerger() {}

    /**
     * A new segment of all live documents, held once by the caller.
     *
     * @param views inputs by ascending ordinals, at least one live document in all of them together
     * @param id number of the new segment
     */
    public static Segment merge(List<SegmentView> views, int id) {
        Format format = views.getFirst().segment().format();
        int[][] moved = new int[views.size()][];
        int documents = 0;
        long idBytes = 0;
        long postings = 0;
        long terms = 0;
        for (int v = 0; v < moved.length; v++) {
            SegmentView view = views.get(v);
            moved[v] = new int[view.segment().info().documents()];
            for (int document = 0; document < moved[v].length; document++) {
                boolean live = view.live().contains(document);
                moved[v][document] = live ? documents++ : DEAD;
                idBytes += live ? view.segment().id(document).utf8().length : 0;
            }
            postings += livePostings(view, moved[v]);
            terms += view.segment().info().terms();
        }
        // Distinct terms of several segments are at most the sum of theirs; the directory's slack is not worth a pass.
        int termBound = (int) Math.min(Integer.MAX_VALUE - 8, Math.min(terms, postings));
        SegmentAssembler into =
                new SegmentAssembler(format, new SegmentInfo(id, documents, termBound, postings, idBytes));
        try {
            copyDocuments(views, into);
            copyPostings(views, moved, into);
            return into.finish();
        } catch (RuntimeException | Error e) {
            into.abandon();
            throw e;
        }
    }

    private static long livePostings(SegmentView view, int[] moved) {
        long all = view.segment().info().postings();
        if (view.deadDocuments() == 0) {
            return all;
        }
        MemorySegment documents = view.segment().postingDocuments();
        long live = 0;
        for (long posting = 0; posting < all; posting++) {
            live += moved[documents.getAtIndex(ValueLayout.JAVA_INT, posting)] == DEAD ? 0 : 1;
        }
        return live;
    }

    private static void copyDocuments(List<SegmentView> views, SegmentAssembler into) {
        for (SegmentView view : views) {
            Segment segment = view.segment();
            for (int document = 0; document < segment.info().documents(); document++) {
                if (view.live().contains(document)) {
                    DocumentId id = segment.id(document);
                    into.addDocument(segment.ordinal(document), MemorySegment.ofArray(id.utf8()), 0, id.utf8().length);
                }
            }
        }
    }

    private static void copyPostings(List<SegmentView> views, int[][] moved, SegmentAssembler into) {
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
            boolean begun = false;
            for (int v = 0; v < places.length; v++) {
                Segment segment = views.get(v).segment();
                if (places[v] < segment.info().terms() && segment.term(places[v]) == term) {
                    begun = copyList(segment, places[v]++, moved[v], term, begun, into);
                }
            }
        }
    }

    /** Copies one list; the term begins with its first live posting, since a term without any is left out. */
    private static boolean copyList(
            Segment from, int place, int[] moved, int term, boolean begunBefore, SegmentAssembler into) {
        boolean begun = begunBefore;
        MemorySegment documents = from.postingDocuments();
        MemorySegment weights = from.postingWeights();
        long end = from.postingStart(place + 1);
        for (long posting = from.postingStart(place); posting < end; posting++) {
            int document = moved[documents.getAtIndex(ValueLayout.JAVA_INT, posting)];
            if (document != DEAD) {
                if (!begun) {
                    into.beginTerm(term);
                    begun = true;
                }
                into.addPosting(document, weights, posting);
            }
        }
        return begun;
    }
}
