package io.millrace.index.fsck;

import static io.millrace.index.fsck.DamagedShard.NOTHING;
import static io.millrace.index.fsck.DamagedShard.client;
import static io.millrace.index.fsck.DamagedShard.flipped;
import static io.millrace.index.fsck.DamagedShard.manifest;
import static io.millrace.index.fsck.DamagedShard.postings;
import static io.millrace.index.fsck.DamagedShard.utf8;
import static io.millrace.index.shard.ShardFixture.scoring;

import io.millrace.index.codec.RecordCodec;
import io.millrace.index.codec.SessionRecord;
import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.SegmentInfo;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.store.Keys;
import io.millrace.vector.SparseVector;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of damage to the rows of a {@link DamagedShard} is named. */
class FsckDamageTest {
    @TempDir
    private Path directory;

    @Test
    void documentWithoutItsVectorSourceOrPlaceIsNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.delete("fwd", Keys.ordinal(2)),
                "DOCS, document 'c': it names version 2, which has no vector in FWD");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("source", Keys.ordinal(8)),
                "DOCS, document 'a': it names version 8, which has no SOURCE");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("buf", Keys.ordinal(9)),
                "DOCS, document 'e': it names version 9, which is neither in a segment nor in BUF");
    }

    @Test
    void versionThatNoDocumentNamesIsNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.put("fwd", Keys.ordinal(0), RecordCodec.encode(scoring(1f))),
                "FWD, version 0: no document of DOCS names it");
        check(
                WeightScheme.float32(),
                rows -> rows.put("source", Keys.ordinal(1), NOTHING),
                "SOURCE, version 1: no document of DOCS names it");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("docs", utf8("d")),
                "FWD, version 3: no document of DOCS names it",
                "SOURCE, version 3: no document of DOCS names it",
                "IDS, segment 1, version 3: it is a version of document 'd', but DOCS does not know that document and DELS"
                        + " does not mark it dead");
    }

    @Test
    void versionInTheWrongPlaceOrInTwoIsNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.put("buf", Keys.ordinal(3), buffered("d")),
                "BUF, version 3: the segments end with version 7, which should come before",
                "BUF, version 3: document 'd' is in more than one place");
        check(
                WeightScheme.float32(),
                rows -> rows.put("buf", Keys.ordinal(9), buffered("x")),
                "BUF, version 9: it is a version of document 'x', but DOCS does not know that document");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("dels", Keys.ordinal(1)),
                "IDS, segment 1, version 1: it is a version of document 'b', but DOCS has that document as deleted and DELS"
                        + " does not mark it dead");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("dels", Keys.ordinal(0)),
                "IDS, segment 1, version 0: it is a version of document 'a', but DOCS names version 8 and DELS does not"
                        + " mark it dead");
        check(
                WeightScheme.float32(),
                rows -> rows.put("dels", Keys.ordinal(2), NOTHING),
                "DELS, version 2: it is marked dead, but a document of DOCS names it");
        check(
                WeightScheme.float32(),
                rows -> rows.put("docs", utf8("x"), rows.get("docs", utf8("c"))),
                "DOCS, document 'x': it names version 2, as another document does");
    }

    @Test
    void postingThatIsNotItsVectorsIsNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.put("fwd", Keys.ordinal(2), RecordCodec.encode(scoring(Math.nextUp(3f)))),
                "POSTINGS, segment 1, version 2 of document 'c': its posting of term 7 has weight 3.0, but its vector in FWD"
                        + " weight 3.0000002");
        check(
                WeightScheme.float32(),
                rows -> rows.put(
                        "fwd",
                        Keys.ordinal(2),
                        RecordCodec.encode(new SparseVector(new int[] {7, -1}, new float[] {3f, 1f}))),
                "POSTINGS, segment 1, version 2 of document 'c': it has no posting of term 4294967295, but its vector in FWD"
                        + " has weight 1.0");
        check(
                WeightScheme.float32(),
                rows -> rows.put("fwd", Keys.ordinal(2), RecordCodec.encode(SparseVector.EMPTY)),
                "POSTINGS, segment 1, version 2 of document 'c': it has a posting of term 7, but its vector in FWD does not"
                        + " have the term");
        check(
                WeightScheme.uint8(4f),
                rows -> rows.put("fwd", Keys.ordinal(2), RecordCodec.encode(scoring(3.5f))),
                "POSTINGS, segment 1, version 2 of document 'c': its posting of term 7 has impact 191, but its vector in FWD"
                        + " impact 223");
    }

    @Test
    void weightsThatMakeTheSameImpactAreTheSame() throws Exception {
        check(WeightScheme.uint8(4f), rows -> rows.put("fwd", Keys.ordinal(2), RecordCodec.encode(scoring(3.001f))));
    }

    @Test
    void valueThatDoesNotMatchItsChecksumIsNamed() throws Exception {
        for (String family : List.of("fwd", "source", "buf")) {
            String what = family.equals("buf") ? "BUF, version 8: " : family.toUpperCase(Locale.ROOT) + ", version 8: ";
            check(
                    WeightScheme.float32(),
                    rows -> rows.put(family, Keys.ordinal(8), flipped(rows.get(family, Keys.ordinal(8)))),
                    what + "*CRC-32C");
        }
        check(
                WeightScheme.float32(),
                rows -> rows.put("docs", utf8("c"), flipped(rows.get("docs", utf8("c")))),
                "DOCS, document 'c': *CRC-32C");
        check(
                WeightScheme.float32(),
                rows -> rows.put("dels", Keys.ordinal(0), flipped(NOTHING)),
                "DELS, version 0: *CRC-32C",
                "IDS, segment 1, version 0: *");
        byte[] ids = ByteBuffer.allocate(8).putInt(1).putInt(0).array();
        check(
                WeightScheme.float32(),
                rows -> rows.put("ids", ids, flipped(rows.get("ids", ids))),
                "segment 1 of shard books/1/0 is damaged: *CRC-32C");
        byte[] postings = postings(0);
        check(
                WeightScheme.float32(),
                rows -> rows.put("postings", postings, flipped(rows.get("postings", postings))),
                "segment 1 of shard books/1/0 is damaged: *CRC-32C");
    }

    @Test
    void segmentThatIsNotWhatTheManifestSaysIsNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.delete("postings", postings(0)),
                "segment 1 of shard books/1/0 is damaged: *fewer postings than announced");
        check(
                WeightScheme.float32(),
                rows -> {
                    rows.put("postings", postings(1), rows.get("postings", postings(0)));
                    rows.delete("postings", postings(0));
                },
                "POSTINGS, segment 1, term 7: chunk 0 is missing; the next is 1");
        check(
                WeightScheme.float32(),
                rows -> manifest(rows, 2, new SegmentInfo(1, 8, 2, 8, 8)),
                "POSTINGS, segment 1: it has 1 terms, the manifest says 2");
        check(
                WeightScheme.float32(),
                rows -> manifest(rows, 1, new SegmentInfo(1, 8, 1, 8, 8)),
                "META, 'manifest': segment 1 is not between 1 and the next one, 1");
        check(
                WeightScheme.float32(),
                rows -> manifest(rows, 2, new SegmentInfo(1, 0, 1, 8, 8)),
                "META, 'manifest': no segment can have these sizes: *");
        check(
                WeightScheme.float32(),
                rows -> rows.put("postings", new byte[] {9}, NOTHING),
                "POSTINGS, a row: its key has 1 bytes, not 12");
        check(
                WeightScheme.float32(),
                rows -> {
                    byte[] copy = ByteBuffer.allocate(8).putInt(2).putInt(0).array();
                    byte[] list = ByteBuffer.allocate(12)
                            .putInt(2)
                            .putInt(7)
                            .putInt(0)
                            .array();
                    rows.put(
                            "ids",
                            copy,
                            rows.get(
                                    "ids",
                                    ByteBuffer.allocate(8).putInt(1).putInt(0).array()));
                    rows.put("postings", list, rows.get("postings", postings(0)));
                    manifest(rows, 3, new SegmentInfo(1, 8, 1, 8, 8), new SegmentInfo(2, 8, 1, 8, 8));
                },
                "IDS, segment 2: it begins with version 0, but an earlier segment of the manifest ends with 7",
                "IDS, segment 2, version 0: document 'a' is in more than one place",
                "IDS, segment 2, version 1: *",
                "IDS, segment 2, version 2: *",
                "IDS, segment 2, version 3: *",
                "IDS, segment 2, version 4: *",
                "IDS, segment 2, version 5: *",
                "IDS, segment 2, version 6: *",
                "IDS, segment 2, version 7: *");
    }

    @Test
    void countersThatDoNotFitAreNamed() throws Exception {
        check(
                WeightScheme.float32(),
                rows -> rows.put("default", utf8("counters"), RecordCodec.encode(new ShardCounters(3, 9, 0, 99))),
                "DOCS, document 'e': version 9 is not between 0 and the next ordinal, 9",
                "FWD, version 9: *",
                "SOURCE, version 9: *",
                "BUF, version 9: *");
        check(
                WeightScheme.uint8(2f),
                rows -> rows.put("default", utf8("counters"), RecordCodec.encode(new ShardCounters(3, 10, 1, 99))),
                "META, 'counters': 1 weights were clipped ever, but the vectors of live documents have 3");
        check(
                WeightScheme.float32(),
                rows -> rows.put("default", utf8("counters"), RecordCodec.encode(new ShardCounters(-3, 10, 0, 99))),
                "META, 'counters': one is negative: *");
        check(
                WeightScheme.float32(),
                rows -> rows.put("default", utf8("counters"), flipped(rows.get("default", utf8("counters")))),
                "META, 'counters': *CRC-32C");
        check(
                WeightScheme.float32(),
                rows -> rows.delete("default", utf8("manifest")),
                "META, 'manifest': *it has no manifest");
        check(
                WeightScheme.float32(),
                rows -> rows.put("default", utf8("colour"), NOTHING),
                "META, 'colour': there is no record of this name");
    }

    @Test
    void keyThatIsNoVersionsIsNamed() throws Exception {
        for (String family : List.of("fwd", "source", "dels")) {
            check(
                    WeightScheme.float32(),
                    rows -> rows.put(family, utf8("k"), NOTHING),
                    family.toUpperCase(Locale.ROOT) + ", document 'k': its key has 1 bytes*");
        }
        check(WeightScheme.float32(), rows -> rows.put("buf", utf8("k"), NOTHING), "BUF, a row: its key has 1 bytes*");
    }

    @Test
    void sessionThatDoesNotFitIsNamed() throws Exception {
        SessionRecord.Outcome outcome = new SessionRecord.Outcome("client", 1, new Stamp(1, 0), true);
        check(
                WeightScheme.float32(),
                rows -> rows.delete("sessions", client("client")),
                IntStream.rangeClosed(1, 11)
                        .mapToObj(sequence -> "SESSIONS, client 'client', sequence " + sequence + ": no progress*")
                        .toArray(String[]::new));
        check(
                WeightScheme.float32(),
                rows -> rows.put("sessions", client("client"), new SessionRecord.Progress("client", 2, 1).encode()),
                "SESSIONS, client 'client', sequence 1: the client knows all below 2 to be acknowledged*");
        check(
                WeightScheme.float32(),
                rows -> rows.put("sessions", client("client"), new SessionRecord.Progress("client", 0, 50).encode()),
                "SESSIONS, client 'client': it was used at tick 50, but the next tick is *");
        check(
                WeightScheme.float32(),
                rows -> rows.put("sessions", client("client"), flipped(outcome.encode())),
                "SESSIONS, a row: *CRC-32C");
    }

    private static byte[] buffered(String id) {
        return RecordCodec.encode(new BufferedVersion(DocumentId.of(id), Map.of()));
    }

    private void check(WeightScheme weights, DamagedShard.Damage damage, String... expected) throws Exception {
        new DamagedShard(directory).check(weights, damage, expected);
    }
}
