package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.segment.BlockColumns;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentMerger;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.shard.Corpora;
import io.millrace.vector.SparseVector;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Both kernels do the same, and what they bound is bounded. */
class BlockKernelTest {
    private static final int DOCUMENTS = 3_000;
    private static final List<BlockKernel> KERNELS = List.of(new ScalarBlockKernel(), new VectorBlockKernel());

    private final Random random = new Random(5);
    private final List<SparseVector> vectors = IntStream.range(0, DOCUMENTS)
            .mapToObj(i -> Corpora.realistic(random, 500, 20))
            .toList();
    private final Segment segment = segment(vectors);
    private final BlockColumns columns = segment.blocks();
    private final SegmentQuery query = new SegmentQuery();

    @AfterEach
    void release() {
        segment.release();
    }

    private static Segment segment(List<SparseVector> vectors) {
        List<DocumentVersion> versions = new ArrayList<>();
        for (int i = 0; i < vectors.size(); i++) {
            versions.add(new DocumentVersion(i, DocumentId.of("d" + i), vectors.get(i)));
        }
        Segment built = SegmentBuilder.build(versions, WeightScheme.float32());
        int[] order = IntStream.range(0, vectors.size()).toArray();
        Segment blocked = SegmentMerger.mergeReordered(List.of(SegmentView.of(built)), 1, (views, numbers) -> order, 0);
        built.release();
        return blocked;
    }

    private SparseVector open() {
        SparseVector vector = Corpora.realistic(random, 500, 12);
        query.open(segment, vector, null);
        assertThat(query.blocked).isPositive();
        return vector;
    }

    @Test
    void boundsHoldForEveryDocumentAndAreTheSameOfBothKernels() {
        for (int round = 0; round < 20; round++) {
            SparseVector vector = open();
            float[] chunks = new float[columns.stride()];
            KERNELS.getFirst().boundChunks(columns, query.rows, query.factors, 0, query.blocked, 1f, chunks);
            float[] same = new float[columns.stride()];
            KERNELS.getLast().boundChunks(columns, query.rows, query.factors, 0, query.blocked, 1f, same);
            assertThat(same).containsExactly(chunks, within(1e-4f));
            for (int chunk = 0; chunk < columns.chunks(); chunk++) {
                float[] blocks = boundBlocks(KERNELS.getFirst(), chunk);
                assertThat(boundBlocks(KERNELS.getLast(), chunk)).containsExactly(blocks, within(1e-4f));
                for (int block = 0; block < BlockColumns.CHUNK_BLOCKS; block++) {
                    assertThat(blocks[block]).isLessThanOrEqualTo(chunks[chunk] * 1.00001f);
                    int first = (chunk * BlockColumns.CHUNK_BLOCKS + block) * BlockColumns.BLOCK;
                    for (int i = first; i < Math.min(DOCUMENTS, first + BlockColumns.BLOCK); i++) {
                        assertThat(blockedDot(vector, i)).isLessThanOrEqualTo(blocks[block] * 1.00001);
                    }
                }
            }
        }
    }

    private float[] boundBlocks(BlockKernel kernel, int chunk) {
        float[] bounds = new float[BlockColumns.CHUNK_BLOCKS];
        int half = query.blocked / 2;
        kernel.boundBlocks(columns, query.rows, query.factors, 0, half, chunk, bounds, 0);
        kernel.boundBlocks(columns, query.rows, query.factors, half, query.blocked, chunk, bounds, 0);
        return bounds;
    }

    /** Dot product over the blocked terms only. */
    private double blockedDot(SparseVector vector, int document) {
        double sum = 0;
        for (int i = 0; i < vector.size(); i++) {
            int place = segment.findTerm(vector.ids()[i]);
            if (place >= 0 && segment.blockedRow(place) >= 0) {
                sum += (double) vector.weights()[i] * vectors.get(document).weight(vector.ids()[i]);
            }
        }
        return sum;
    }

    @Test
    void whatIsAboveAThresholdIsFoundByBothKernels() {
        float[] sums = new float[64 * BlockColumns.BLOCK];
        float[] rest = new float[64];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = random.nextInt(4);
        }
        for (int i = 0; i < rest.length; i++) {
            rest[i] = random.nextInt(3);
        }
        for (float threshold : new float[] {0f, 1f, 2.5f, 3f, 4f, 6f}) {
            List<int[]> kept = new ArrayList<>();
            for (BlockKernel kernel : KERNELS) {
                int[] slots = IntStream.range(0, 64).toArray();
                int count = kernel.keepAbove(threshold, slots, 64, rest, sums);
                kept.add(IntStream.of(slots).limit(count).toArray());
                int[] above = new int[sums.length];
                int found = kernel.collectAbove(threshold, sums, sums.length, above);
                kept.add(IntStream.of(above).limit(found).toArray());
                kept.add(keptChunks(kernel, threshold));
                kept.add(IntStream.range(0, 64)
                        .map(slot -> (int) kernel.above(threshold, slot, sums))
                        .toArray());
            }
            for (int i = 0; i < kept.size() / 2; i++) {
                assertThat(kept.get(kept.size() / 2 + i)).isEqualTo(kept.get(i));
            }
        }
    }

    /** Which of some chunks stay, and then the bounds of their blocks. */
    private static int[] keptChunks(BlockKernel kernel, float threshold) {
        Random numbers = new Random(11);
        float[] bounds = new float[20 * BlockColumns.CHUNK_BLOCKS];
        float[] rest = new float[100];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = numbers.nextInt(200) == 0 ? numbers.nextInt(4) : 0;
        }
        for (int i = 0; i < rest.length; i++) {
            rest[i] = numbers.nextInt(4);
        }
        int[] chunks = numbers.ints(20, 0, 100).toArray();
        int[] places = IntStream.range(0, 20).filter(i -> i % 3 > 0).toArray();
        int kept = kernel.keepChunks(threshold, places, places.length, chunks, rest, bounds);
        return IntStream.concat(
                        IntStream.of(places).limit(kept),
                        IntStream.range(0, bounds.length).map(i -> (int) bounds[i]))
                .toArray();
    }
}
