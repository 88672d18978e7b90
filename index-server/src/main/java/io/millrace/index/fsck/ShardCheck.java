package io.millrace.index.fsck;

import io.millrace.index.record.StoreException;
import io.millrace.index.store.StoreInspection;
import io.millrace.index.store.StoreInspection.DataFile;
import java.nio.file.Path;

/** Checks one shard: its files first, and then, if they can be read, what its families say of one another. */
final class ShardCheck {
    private final Path folder;
    private final ShardFindings findings;
    private long documents;
    private int segments;
    private long postings;
    private long bytes;

    ShardCheck(Path folder, Findings findings) {
        this.folder = folder;
        this.findings = new ShardFindings(String.valueOf(folder.getFileName()), findings);
    }

    /** Adds what is wrong to the findings; returns what was checked. */
    FsckTotals run() {
        try (StoreInspection store = StoreInspection.open(folder)) {
            long before = findings.all().damages();
            bytes = store.logBytes();
            store.verifyFiles(this::checkFile);
            if (findings.all().damages() == before) {
                checkName(store);
                checkRows(store);
            } else {
                findings.note("its rows were not held against one another, as files that hold them are damaged");
            }
        } catch (StoreException e) {
            if (e.kind() == StoreException.Kind.UNSUPPORTED) {
                throw e;
            }
            findings.add("it can not be read: " + e.getMessage());
        }
        return new FsckTotals(1, documents, segments, postings, bytes);
    }

    private void checkName(StoreInspection store) {
        String expected = store.store().descriptor().identity().folder();
        if (!expected.equals(findings.shard())) {
            findings.add("its descriptor is that of shard "
                    + store.store().descriptor().identity() + ", whose folder is " + expected);
        }
    }

    private void checkFile(DataFile file) {
        bytes += file.sizeBytes();
        if (file.damage() != null) {
            findings.add("file " + file.path().getFileName() + " of family '" + file.family() + "' is damaged: "
                    + file.damage());
        }
    }

    private void checkRows(StoreInspection store) {
        RecordCheck records = new RecordCheck(store, findings);
        if (!records.run()) {
            findings.note("its rows were not held against one another, as the counters or the manifest are damaged");
            return;
        }
        Versions versions = new Versions(records.counters().nextOrdinal());
        VersionCheck rows = new VersionCheck(store, versions, findings);
        rows.readEntries();
        rows.readDead();
        rows.readVectors(records.counters().clippedWeights());
        rows.readSources();
        PlaceCheck places = new PlaceCheck(store, versions, findings);
        SegmentCheck files = new SegmentCheck(store, versions, places, findings);
        files.run(records.manifest());
        places.readBuffer();
        rows.requireAll();
        new SessionCheck(store, findings).run(records.counters().sessionClock());
        documents = versions.live.size();
        segments = records.manifest().segments().size();
        postings = files.postings();
    }
}
