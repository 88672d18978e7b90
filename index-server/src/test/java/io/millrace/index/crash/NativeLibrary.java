package io.millrace.index.crash;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.rocksdb.RocksDB;
import org.rocksdb.util.Environment;

/**
 * RocksDB's native library, unpacked once for all processes: each would unpack its own, 15 MB, and leave it behind when it
 * is killed.
 *
 * @param directory where it is
 */
record NativeLibrary(Path directory) {
    static NativeLibrary unpack() {
        String packed = Environment.getJniLibraryFileName("rocksdb");
        try (InputStream library = RocksDB.class.getClassLoader().getResourceAsStream(packed)) {
            Path directory = Files.createTempDirectory("millrace-rocksdb");
            directory.toFile().deleteOnExit();
            if (library != null) {
                Path unpacked = directory.resolve(packed);
                Files.copy(library, unpacked, StandardCopyOption.REPLACE_EXISTING);
                unpacked.toFile().deleteOnExit();
            }
            return new NativeLibrary(directory);
        } catch (IOException e) {
            throw new UncheckedIOException("the native library cannot be unpacked", e);
        }
    }
}
