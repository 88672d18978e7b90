package io.millrace.index.fsck;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.DBOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/** A stopped shard's rows, changed behind the back of every rule. */
final class RawRows implements AutoCloseable {
    private final List<ColumnFamilyHandle> handles = new ArrayList<>();
    private final List<String> names = new ArrayList<>();
    private final DBOptions options = new DBOptions();
    private final RocksDB db;

    static {
        RocksDB.loadLibrary();
    }

    RawRows(Path folder) throws RocksDBException {
        List<ColumnFamilyDescriptor> families = new ArrayList<>();
        try (Options none = new Options()) {
            for (byte[] name : RocksDB.listColumnFamilies(none, folder.toString())) {
                names.add(new String(name, StandardCharsets.UTF_8));
                families.add(new ColumnFamilyDescriptor(name));
            }
        }
        db = RocksDB.open(options, folder.toString(), families, handles);
    }

    byte[] get(String family, byte[] key) throws RocksDBException {
        return db.get(handle(family), key);
    }

    void put(String family, byte[] key, byte[] value) throws RocksDBException {
        db.put(handle(family), key, value);
    }

    void delete(String family, byte[] key) throws RocksDBException {
        db.delete(handle(family), key);
    }

    @Override
    public void close() {
        handles.forEach(ColumnFamilyHandle::close);
        db.close();
        options.close();
    }

    private ColumnFamilyHandle handle(String family) {
        return handles.get(names.indexOf(family));
    }
}
