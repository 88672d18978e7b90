package io.millrace.index.shard;

import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentVersion;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.segment.LiveDocuments;
import io.millrace.index.segment.Segment;
import io.millrace.index.segment.SegmentBuilder;
import io.millrace.index.segment.SegmentView;
import io.millrace.index.store.ShardStore;
import io.millrace.index.store.StoreSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Brings a stored shard back into memory: segments from their files, the write buffer from its vectors. */
final class ShardOpening {
    // Vectors inverted at a time: bounds the heap that reading the buffer takes.
    private static final int RUN_DOCUMENTS = 4_096;
    private static final long RUN_POSTINGS = 4L << 20;

    private ShardOpening() {}

    /** All segments and runs by ascending ordinals, each held once by the caller. */
    static List<SegmentView> load(ShardStore store) {
        List<SegmentView> views = new ArrayList<>();
        try (StoreSnapshot documents = store.snapshot()) {
            List<Long> dead = store.deadVersions();
            for (SegmentInfo info : store.manifest().segments()) {
                Segment segment = store.segments().load(info);
                views.add(new SegmentView(segment, live(segment, dead)));
            }
            views.addAll(loadBuffer(store, documents));
            return views;
        } catch (RuntimeException | Error e) {
            views.forEach(view -> view.segment().release());
            throw e;
        }
    }

    private static LiveDocuments live(Segment segment, List<Long> dead) {
        int[] gone = dead.stream()
                .mapToInt(segment::findOrdinal)
                .filter(document -> document >= 0)
                .toArray();
        return LiveDocuments.all(segment.info().documents()).without(gone);
    }

    private static List<SegmentView> loadBuffer(ShardStore store, StoreSnapshot documents) {
        List<SegmentView> runs = new ArrayList<>();
        List<DocumentVersion> versions = new ArrayList<>();
        long postings = 0;
        for (Map.Entry<Long, BufferedVersion> entry : store.bufferedVersions().entrySet()) {
            BufferedVersion buffered = entry.getValue();
            DocumentVersion version = new DocumentVersion(
                    entry.getKey(), buffered.id(), documents.vector(entry.getKey()), buffered.metadata());
            versions.add(version);
            postings += version.vector().size();
            if (versions.size() == RUN_DOCUMENTS || postings >= RUN_POSTINGS) {
                runs.add(SegmentView.of(
                        SegmentBuilder.build(versions, store.descriptor().weights())));
                versions.clear();
                postings = 0;
            }
        }
        if (!versions.isEmpty()) {
            runs.add(SegmentView.of(
                    SegmentBuilder.build(versions, store.descriptor().weights())));
        }
        return runs;
    }
}
