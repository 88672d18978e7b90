package io.millrace.trainer.data.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordFileTest {
    private static final SourceStamp STAMP = new SourceStamp(7, 11);

    @TempDir
    private Path folder;

    private static List<byte[]> records(Random random, int count) {
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Some empty, some longer than a block, most short; half of them hard to deflate.
            int length = random.nextInt(20) == 0 ? random.nextInt(90_000) : random.nextInt(300);
            byte[] record = new byte[length];
            if (random.nextBoolean()) {
                random.nextBytes(record);
            } else {
                Arrays.fill(record, (byte) i);
            }
            records.add(record);
        }
        return records;
    }

    private Path write(List<byte[]> records) throws IOException {
        Path file = folder.resolve("some.records");
        try (RecordWriter writer = new RecordWriter(file)) {
            for (byte[] record : records) {
                writer.append(record);
            }
            writer.finish("lines", STAMP);
        }
        return file;
    }

    @Test
    void givesBackWhatWasWrittenInAnyOrder() throws IOException {
        Random random = new Random(3);
        for (int round = 0; round < 10; round++) {
            List<byte[]> records = records(random, random.nextInt(600));
            try (RecordFile file = RecordFile.open(write(records), "lines")) {
                assertThat(file.size()).isEqualTo(records.size());
                assertThat(file.source()).isEqualTo(STAMP);
                for (int i = 0; i < records.size(); i++) {
                    assertThat(file.record(i)).isEqualTo(records.get(i));
                }
                for (int i = 0; i < records.size(); i++) {
                    int any = random.nextInt(records.size());
                    assertThat(file.record(any)).isEqualTo(records.get(any));
                }
                assertThatThrownBy(() -> file.record(records.size())).isInstanceOf(IndexOutOfBoundsException.class);
            }
        }
    }

    @Test
    void theDigestIsOfTheRecordsAlone() throws IOException {
        List<byte[]> records = records(new Random(5), 100);
        String digest;
        try (RecordFile file = RecordFile.open(write(records), "lines")) {
            digest = file.digest();
        }
        try (RecordFile again = RecordFile.open(write(records), "lines")) {
            assertThat(again.digest()).isEqualTo(digest);
        }
        // The same bytes, cut elsewhere, are other records.
        records.set(0, new byte[] {1, 2});
        records.set(1, new byte[] {3});
        try (RecordFile one = RecordFile.open(write(records), "lines")) {
            digest = one.digest();
        }
        records.set(0, new byte[] {1});
        records.set(1, new byte[] {2, 3});
        try (RecordFile other = RecordFile.open(write(records), "lines")) {
            assertThat(other.digest()).isNotEqualTo(digest);
        }
    }

    @Test
    void everyFlippedByteIsFound() throws IOException {
        Random random = new Random(7);
        Path file = write(records(random, 200));
        byte[] whole = Files.readAllBytes(file);
        for (int round = 0; round < 300; round++) {
            byte[] damaged = whole.clone();
            // The end holds the counts; half of the flips go there.
            int place = round % 2 == 0 ? random.nextInt(damaged.length) : damaged.length - 1 - random.nextInt(1_000);
            damaged[place] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, damaged);
            assertThatThrownBy(() -> readAll(file))
                    .as("byte %d of %d", place, damaged.length)
                    .isInstanceOf(DamagedStoreException.class)
                    .hasMessageContaining("delete it, and it is built again");
        }
    }

    @Test
    void everyCutIsFound() throws IOException {
        Random random = new Random(9);
        Path file = write(records(random, 200));
        byte[] whole = Files.readAllBytes(file);
        for (int round = 0; round < 100; round++) {
            int length = round < 50 ? round : random.nextInt(whole.length);
            Files.write(file, Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> readAll(file)).as("cut to %d", length).isInstanceOf(DamagedStoreException.class);
        }
    }

    @Test
    void refusesRecordsOfAnotherKind() throws IOException {
        Path file = write(List.of(new byte[3]));
        assertThatThrownBy(() -> RecordFile.open(file, "scores"))
                .isInstanceOf(DamagedStoreException.class)
                .hasMessageContaining("'lines', not 'scores'");
    }

    @Test
    void whatIsNotFinishedLeavesNothingBehind() throws IOException {
        Path file = folder.resolve("some.records");
        try (RecordWriter writer = new RecordWriter(file)) {
            writer.append(new byte[100_000]);
        }
        assertThat(folder).isEmptyDirectory();
    }

    private static void readAll(Path path) throws IOException {
        try (RecordFile file = RecordFile.open(path, "lines")) {
            for (long i = 0; i < file.size(); i++) {
                file.record(i);
            }
        }
    }

    @Test
    void idsAreFoundAndOthersAreNot() throws IOException {
        Random random = new Random(11);
        List<byte[]> records = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            records.add((i % 7 == 3 ? "" : "id-" + i * 31L).getBytes(StandardCharsets.UTF_8));
        }
        Path table = folder.resolve("some.ids");
        try (RecordFile file = RecordFile.open(write(records), "lines")) {
            for (int opened = 0; opened < 2; opened++) {
                try (IdTable ids = IdTable.open(table, file, ordinal -> id(file, ordinal))) {
                    for (int i = 0; i < records.size(); i++) {
                        if (i % 7 == 3) {
                            assertThat(ids.find("id-" + i * 31L)).isEmpty();
                        } else {
                            assertThat(ids.find("id-" + i * 31L)).hasValue(i);
                        }
                        assertThat(ids.find("other" + i)).isEmpty();
                    }
                }
            }
            byte[] whole = Files.readAllBytes(table);
            for (int round = 0; round < 200; round++) {
                byte[] damaged = whole.clone();
                // The first 8 and bytes 32 to 63 say whose table it is; damaged, it is built again.
                int place = round < 20 ? 8 + round % 8 : 64 + random.nextInt(damaged.length - 64);
                damaged[place] ^= (byte) (1 << random.nextInt(8));
                Files.write(table, damaged);
                assertThatThrownBy(() -> IdTable.open(table, file, ordinal -> id(file, ordinal)))
                        .isInstanceOf(DamagedStoreException.class);
            }
            whole[40] ^= 1;
            Files.write(table, whole);
            assertThatCode(() -> IdTable.open(table, file, ordinal -> id(file, ordinal))
                            .close())
                    .doesNotThrowAnyException();
        }
    }

    private static @Nullable String id(RecordFile file, long ordinal) throws IOException {
        String id = new String(file.record(ordinal), StandardCharsets.UTF_8);
        return id.isEmpty() ? null : id;
    }

    @Test
    void anIdThatOccursTwiceIsNamed() throws IOException {
        try (RecordFile file =
                RecordFile.open(write(List.of(new byte[] {'a'}, new byte[] {'b'}, new byte[] {'a'})), "lines")) {
            assertThatThrownBy(() -> IdTable.open(folder.resolve("some.ids"), file, ordinal -> id(file, ordinal)))
                    .isInstanceOf(IdTable.DuplicateIdException.class)
                    .hasMessageContaining("'a' occurs twice");
        }
        assertThat(folder.resolve("some.ids")).doesNotExist();
    }
}
