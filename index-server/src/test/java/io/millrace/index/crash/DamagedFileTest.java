package io.millrace.index.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.index.fsck.Fsck;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.shard.ShardFixture;
import io.millrace.index.store.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages a random place of a random file of a shard, again and again: it is found, or does no harm. {@code
 * -Dmillrace.damage.places=N} tries N places, {@code -Dmillrace.damage.seed=S} others.
 */
class DamagedFileTest {
    private static final int PLACES = Integer.getInteger("millrace.damage.places", 24);
    private static final long SEED = Long.getLong("millrace.damage.seed", 1);
    private static final int BATCHES = 160;

    /** What came of one damage. */
    enum Verdict {
        /** Named by fsck, or when the shard was opened or read. */
        FOUND,
        /** All is there, and searches find what they should. */
        HARMLESS,
        /** Whole as it was some batches ago: nothing tells a log that was cut at its end from one that a crash tore off. */
        SHORTENED
    }

    private static final List<Verdict> UNREAD = List.of(Verdict.HARMLESS, Verdict.FOUND);
    /** Kinds of files that a shard is whole without, or may be. */
    private static final Map<String, List<Verdict>> ALLOWED = Map.of(
            "LOG", UNREAD,
            "LOG.old.N", UNREAD,
            "IDENTITY", UNREAD,
            "OPTIONS-N", UNREAD,
            "millrace.lock", UNREAD,
            // A table's footer and properties have bytes that say nothing.
            "N.sst", UNREAD,
            "N.log", List.of(Verdict.FOUND, Verdict.HARMLESS, Verdict.SHORTENED),
            "MANIFEST-N", UNREAD,
            "CURRENT", UNREAD);

    @TempDir
    private Path directory;

    private final OperationStream stream = new OperationStream(SEED);
    private final History history = History.of(stream).after(BATCHES);
    private Path whole;

    @BeforeEach
    void create() throws IOException {
        whole = directory.resolve("whole");
        ShardFixture.create(whole, WeightScheme.float32(), 40).close();
        // Opened in between, so that some of it is in files and some in the log.
        for (int to = BATCHES / 2; to <= BATCHES; to += BATCHES / 2) {
            try (ShardFixture fixture = ShardFixture.reopen(whole, 40)) {
                while (fixture.shard().durableIndex() < to) {
                    fixture.shard()
                            .apply(
                                    fixture.shard().nextIndex(),
                                    stream.batch(fixture.shard().nextIndex()));
                }
            }
        }
    }

    @Test
    void damageIsFoundOrDoesNoHarm() throws IOException {
        Random random = new Random(SEED);
        Map<String, Map<Verdict, Integer>> verdicts = new TreeMap<>();
        Map<String, List<Path>> kinds = kinds();
        List<String> names = List.copyOf(kinds.keySet());
        for (int place = 0; place < PLACES; place++) {
            String kind = names.get(place % names.size());
            List<Path> files = kinds.get(kind);
            Path file = files.get(random.nextInt(files.size()));
            Path damaged = directory.resolve("damaged");
            copy(damaged);
            String damage = damage(damaged.resolve(whole.relativize(file)), random);
            Verdict verdict = judge(damaged);
            assertThat(verdict)
                    .as("%s, %s", file.getFileName(), damage)
                    .isIn(ALLOWED.getOrDefault(kind, List.of(Verdict.FOUND)));
            verdicts.computeIfAbsent(kind, k -> new EnumMap<>(Verdict.class)).merge(verdict, 1, Integer::sum);
            Folders.removeTree(damaged);
        }
        System.out.println("seed " + SEED + ": " + verdicts);
    }

    private Map<String, List<Path>> kinds() throws IOException {
        Map<String, List<Path>> kinds = new TreeMap<>();
        try (Stream<Path> files = Files.walk(whole)) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                if (Files.size(file) > 0) {
                    String name = file.getFileName().toString().replaceAll("[0-9]+", "N");
                    kinds.computeIfAbsent(name, n -> new ArrayList<>()).add(file);
                }
            }
        }
        return kinds;
    }

    private static String damage(Path file, Random random) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int at = random.nextInt(bytes.length);
        if (random.nextInt(4) == 0) {
            Files.write(file, Arrays.copyOf(bytes, at));
            return "cut to " + at + " of " + bytes.length;
        }
        int bit = random.nextInt(8);
        bytes[at] ^= (byte) (1 << bit);
        Files.write(file, bytes);
        return "bit " + bit + " of byte " + at + " of " + bytes.length;
    }

    private Verdict judge(Path damaged) {
        boolean found = false;
        try {
            found = !Fsck.check(damaged).isClean();
        } catch (StoreException e) {
            found = true;
        }
        try (ShardFixture fixture = ShardFixture.reopen(damaged, 1_000)) {
            long applied = fixture.shard().durableIndex();
            RecoveredShard.verifyState(
                    fixture.shard(), applied < BATCHES ? History.of(stream).after(applied) : history);
            if (applied < BATCHES && !found) {
                return Verdict.SHORTENED;
            }
        } catch (StoreException e) {
            assertThat(e).hasMessageMatching("(?s).*(damaged|cannot be opened|reading failed).*");
            return Verdict.FOUND;
        }
        return found ? Verdict.FOUND : Verdict.HARMLESS;
    }

    private void copy(Path to) throws IOException {
        try (Stream<Path> all = Files.walk(whole)) {
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(whole.relativize(path)));
            }
        }
    }
}
