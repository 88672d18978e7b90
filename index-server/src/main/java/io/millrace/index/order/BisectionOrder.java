package io.millrace.index.order;

import io.millrace.index.memory.NativeMemory;
import io.millrace.index.record.WeightScheme.Format;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.DocumentOrder;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentView;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** The order of documents by {@link GraphBisection} over their heaviest terms. */
public final class BisectionOrder implements DocumentOrder {
    /** Terms of a document that count: with 20 or all of them more blocks are left to score. */
    private static final int HEAVIEST = 40;

    private final int threads;
    private final BooleanSupplier cancelled;

    /**
     * An order that is found when it is asked for.
     *
     * @param threads most threads at work
     * @param cancelled once true, the ordering ends with a {@link java.util.concurrent.CancellationException}
     */
    public BisectionOrder(int threads, BooleanSupplier cancelled) {
        this.threads = threads;
        this.cancelled = cancelled;
    }

    @Override
    public int[] of(List<SegmentView> views, int[][] numbers) {
        int documents = views.stream().mapToInt(view -> view.live().count()).sum();
        try (ForkJoinPool pool = BackgroundPriority.pool(threads)) {
            ForwardTerms forward = ForwardTerms.heaviest(MergedLists.of(views, numbers), documents, HEAVIEST, pool);
            return GraphBisection.order(forward, BlockColumns.BLOCK, pool, cancelled);
        }
    }

    /**
     * The posting lists of several segments as one's.
     *
     * @param places place of each term in each segment's directory or -1, int [segments][terms]
     * @param firsts number of each segment's first live document, then of all, int [segments + 1]
     */
    private record MergedLists(List<SegmentView> views, int[][] numbers, int[][] places, int[] firsts)
            implements ForwardTerms.PostingLists {
        static MergedLists of(List<SegmentView> views, int[][] numbers) {
            int[] terms = views.stream()
                    .flatMapToInt(view ->
                            IntStream.range(0, view.segment().info().terms()).map(view.segment()::term))
                    .distinct()
                    .toArray();
            int[][] places = new int[views.size()][terms.length];
            int[] firsts = new int[views.size() + 1];
            for (int v = 0; v < places.length; v++) {
                firsts[v + 1] = firsts[v] + views.get(v).live().count();
                for (int term = 0; term < terms.length; term++) {
                    places[v][term] = views.get(v).segment().findTerm(terms[term]);
                }
            }
            return new MergedLists(views, numbers, places, firsts);
        }

        @Override
        public int terms() {
            return places[0].length;
        }

        @Override
        public void forEach(int term, int from, int to, ForwardTerms.PostingConsumer consumer) {
            for (int v = 0; v < places.length; v++) {
                if (places[v][term] >= 0 && firsts[v] < to && from < firsts[v + 1]) {
                    forEach(v, places[v][term], from, to, consumer);
                }
            }
        }

        private void forEach(int view, int place, int from, int to, ForwardTerms.PostingConsumer consumer) {
            Segment segment = views.get(view).segment();
            int[] documents = new int[segment.postings(place)];
            segment.readDocuments(place, documents);
            long start = segment.postingStart(place);
            long weights = segment.postingWeights().address();
            for (int i = 0; i < documents.length; i++) {
                int number = numbers[view][documents[i]];
                if (number >= from && number < to) {
                    consumer.accept(
                            number,
                            segment.format() == Format.UINT8
                                    ? NativeMemory.unsignedByte(weights + start + i)
                                    : NativeMemory.floatAt(weights, start + i));
                }
            }
        }
    }
}
