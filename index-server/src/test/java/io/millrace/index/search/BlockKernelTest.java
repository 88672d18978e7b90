package io.millrace.index.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.millrace.index.record.DocumentId;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.BlockKernel.Superblocks;
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
            float[] superblocks = boundSuperblocks(KERNELS.getFirst());
            assertThat(boundSuperblocks(KERNELS.getLast())).containsExactly(superblocks, within(1e-4f));
            Superblocks bounded = boundBlocks(KERNELS.getFirst(), superblocks);
            Superblocks same = boundBlocks(KERNELS.getLast(), superblocks);
            assertThat(same.bounds).containsExactly(bounded.bounds, within(1e-4f));
            assertThat(same.rest).containsExactly(bounded.rest, within(1e-4f));
            for (int block = 0; block < bounded.bounds.length; block++) {
                float superblock = superblocks[block / BlockColumns.SUPERBLOCK_BLOCKS];
                assertThat(bounded.bounds[block]).isLessThanOrEqualTo(superblock * 1.00001f);
                int first = block * BlockColumns.BLOCK;
                for (int i = first; i < Math.min(DOCUMENTS, first + BlockColumns.BLOCK); i++) {
                    assertThat(blockedDot(vector, i)).isLessThanOrEqualTo(bounded.bounds[block] * 1.00001);
                }
            }
        }
    }

    private float[] boundSuperblocks(BlockKernel kernel) {
        float[] bounds = new float[columns.stride()];
        kernel.boundSuperblocks(columns, query.rows, query.factors, query.blocked, bounds);
        return bounds;
    }

    /** All superblocks; what terms still to come add at most has been taken off again in the end. */
    private Superblocks boundBlocks(BlockKernel kernel, float[] superblocks) {
        int count = columns.chunks() * BlockColumns.CHUNK_SUPERBLOCKS;
        Superblocks bounded = new Superblocks();
        bounded.reserve(count);
        bounded.kept = count;
        for (int i = 0; i < count; i++) {
            bounded.numbers[i] = i;
            bounded.places[i] = i;
            bounded.rest[i] = superblocks[i];
        }
        int half = query.blocked / 2;
        kernel.boundBlocks(columns, query.rows, query.factors, 0, half, bounded);
        kernel.boundBlocks(columns, query.rows, query.factors, half, query.blocked, bounded);
        for (float rest : bounded.rest) {
            assertThat(rest).isCloseTo(0f, within(1e-4f));
        }
        return bounded;
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
                kept.add(keptSuperblocks(kernel, threshold));
                kept.add(IntStream.range(0, 64)
                        .map(slot -> (int) kernel.above(threshold, slot, sums))
                        .toArray());
            }
            for (int i = 0; i < kept.size() / 2; i++) {
                assertThat(kept.get(kept.size() / 2 + i)).isEqualTo(kept.get(i));
            }
        }
    }

    /** Which of some superblocks stay, and then the bounds of their blocks. */
    private static int[] keptSuperblocks(BlockKernel kernel, float threshold) {
        Random numbers = new Random(11);
        Superblocks bounded = new Superblocks();
        bounded.reserve(40);
        for (int i = 0; i < bounded.bounds.length; i++) {
            bounded.bounds[i] = numbers.nextInt(50) == 0 ? numbers.nextInt(4) : 0;
        }
        for (int i = 0; i < bounded.rest.length; i++) {
            bounded.rest[i] = numbers.nextInt(4);
        }
        bounded.places = IntStream.range(0, 40).filter(i -> i % 3 > 0).toArray();
        bounded.kept = bounded.places.length;
        kernel.keepSuperblocks(threshold, bounded);
        return IntStream.concat(
                        IntStream.of(bounded.places).limit(bounded.kept),
                        IntStream.range(0, bounded.bounds.length).map(i -> (int) bounded.bounds[i]))
                .toArray();
    }
}
