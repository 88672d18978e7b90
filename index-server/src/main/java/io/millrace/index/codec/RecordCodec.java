package io.millrace.index.codec;

import io.millrace.index.record.BufferedVersion;
import io.millrace.index.record.DocumentEntry;
import io.millrace.index.record.DocumentId;
import io.millrace.index.record.ShardCounters;
import io.millrace.index.record.ShardDescriptor;
import io.millrace.index.record.ShardIdentity;
import io.millrace.index.record.Stamp;
import io.millrace.index.record.StoreException;
import io.millrace.index.record.WeightScheme;
import io.millrace.vector.InvalidVectorException;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Bytes of the small records: descriptor, counters, document entries, vectors. */
public final class RecordCodec {
    /** "MLRS": what the descriptor of every shard begins with. */
    static final int MAGIC = 0x53524C4D;

    /** Layout of column families and keys; raised when an older version could misread them. */
    static final int SCHEMA_VERSION = 3;

    private RecordCodec() {}

    public static byte[] encode(ShardDescriptor descriptor) {
        ShardIdentity identity = descriptor.identity();
        return new ByteSink()
                .putInt(MAGIC)
                .putInt(SCHEMA_VERSION)
                .putString(identity.collection())
                .putLong(identity.generation())
                .putInt(identity.shard())
                .putString(descriptor.spaceId())
                .putLong(descriptor.epoch())
                .putByte(descriptor.weights().format().code())
                .putFloat(descriptor.weights().maxWeight())
                .toValue();
    }

    public static ShardDescriptor descriptor(byte[] value) {
        ByteSource in = new ByteSource("the shard's descriptor", value);
        int magic = in.getInt();
        if (magic != MAGIC) {
            throw new StoreException(
                    StoreException.Kind.UNSUPPORTED,
                    "the directory is not a Millrace shard: its descriptor begins with " + Integer.toHexString(magic));
        }
        int version = in.getInt();
        if (version != SCHEMA_VERSION) {
            throw new StoreException(
                    StoreException.Kind.UNSUPPORTED,
                    "the shard has schema version " + version + "; this version reads " + SCHEMA_VERSION
                            + ": open it with the version that wrote it");
        }
        ShardIdentity identity = new ShardIdentity(in.getString(), in.getLong(), in.getInt());
        ShardDescriptor descriptor =
                new ShardDescriptor(identity, in.getString(), in.getLong(), weights(in.getByte(), in.getFloat()));
        in.requireEnd();
        return descriptor;
    }

    private static WeightScheme weights(int code, float maxWeight) {
        for (WeightScheme.Format format : WeightScheme.Format.values()) {
            if (format.code() == code) {
                return new WeightScheme(format, maxWeight);
            }
        }
        throw new StoreException(
                StoreException.Kind.UNSUPPORTED, "the shard keeps weights in format " + code + ", unknown here");
    }

    public static byte[] encode(ShardCounters counters) {
        return new ByteSink()
                .putLong(counters.appliedIndex())
                .putLong(counters.nextOrdinal())
                .putLong(counters.clippedWeights())
                .putLong(counters.sessionClock())
                .toValue();
    }

    public static ShardCounters counters(byte[] value) {
        ByteSource in = new ByteSource("the shard's counters", value);
        ShardCounters counters = new ShardCounters(in.getLong(), in.getLong(), in.getLong(), in.getLong());
        in.requireEnd();
        return counters;
    }

    public static byte[] encode(DocumentEntry entry) {
        return new ByteSink()
                .putLong(entry.stamp().time())
                .putInt(entry.stamp().coordinator())
                .putLong(entry.ordinal())
                .toValue();
    }

    public static DocumentEntry entry(String id, byte[] value) {
        ByteSource in = new ByteSource("the entry of document '" + id + "'", value);
        DocumentEntry entry = new DocumentEntry(new Stamp(in.getLong(), in.getInt()), in.getLong());
        in.requireEnd();
        return entry;
    }

    public static byte[] encode(BufferedVersion version) {
        ByteSink out = new ByteSink()
                .putBytes(version.id().utf8())
                .putVarint(version.metadata().size());
        new TreeMap<>(version.metadata())
                .forEach((field, value) -> out.putString(field).putString(value));
        return out.toValue();
    }

    public static BufferedVersion buffered(byte[] value) {
        ByteSource in = new ByteSource("an entry of the write buffer", value);
        byte[] id = in.getBytes();
        int count = in.getCount(2);
        Map<String, String> metadata = HashMap.newHashMap(count);
        for (int i = 0; i < count; i++) {
            metadata.put(in.getString(), in.getString());
        }
        in.requireEnd();
        try {
            return new BufferedVersion(new DocumentId(id), metadata);
        } catch (IllegalArgumentException e) {
            throw StoreException.corrupt(in.what(), String.valueOf(e.getMessage()));
        }
    }

    public static byte[] encode(SparseVector vector) {
        return StoredValue.wrap(VectorBlockCodec.encode(List.of(vector)));
    }

    public static SparseVector vector(long ordinal, byte[] value) {
        String what = "the vector of document version " + ordinal;
        ByteBuffer payload = StoredValue.unwrap(what, value);
        byte[] block = new byte[payload.remaining()];
        payload.get(block);
        try {
            return VectorBlockCodec.decode(block, 1).getFirst();
        } catch (InvalidVectorException e) {
            throw StoreException.corrupt(what, String.valueOf(e.getMessage()));
        }
    }
}
