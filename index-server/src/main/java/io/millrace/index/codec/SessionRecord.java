package io.millrace.index.codec;

import io.millrace.index.record.Stamp;
import io.millrace.index.record.StoreException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A row of the session table. */
public sealed interface SessionRecord {
    /** The client it belongs to. */
    String clientId();

    /**
     * How far a client has come.
     *
     * @param clientId client's name
     * @param ackedBelow sequences below are acknowledged to the client
     * @param lastUsed tick of its last batch; orders clients by use
     */
    record Progress(String clientId, long ackedBelow, long lastUsed) implements SessionRecord {
        public byte[] encode() {
            return new ByteSink().putLong(ackedBelow).putLong(lastUsed).toValue();
        }
    }

    /**
     * What became of one operation.
     *
     * @param clientId client's name
     * @param sequence the client's number of the operation
     * @param stamp stamp it was given first
     * @param applied whether it was the newest write to its document
     */
    record Outcome(String clientId, long sequence, Stamp stamp, boolean applied) implements SessionRecord {
        public byte[] encode() {
            return new ByteSink()
                    .putLong(stamp.time())
                    .putInt(stamp.coordinator())
                    .putByte(applied ? 1 : 0)
                    .toValue();
        }
    }

    /** Reads a row back. */
    static SessionRecord decode(byte[] key, byte[] value) {
        ByteBuffer in = ByteBuffer.wrap(key);
        int length = in.remaining() < Short.BYTES ? 0 : Short.toUnsignedInt(in.getShort());
        if (in.remaining() != length && in.remaining() != length + Long.BYTES) {
            throw StoreException.corrupt("a row of the session table", "its key has " + key.length + " bytes");
        }
        String clientId = new String(key, Short.BYTES, length, StandardCharsets.UTF_8);
        ByteSource row = new ByteSource("the session of client '" + clientId + "'", value);
        SessionRecord session;
        if (in.remaining() == length) {
            session = new Progress(clientId, row.getLong(), row.getLong());
        } else {
            long sequence = in.getLong(Short.BYTES + length);
            session = new Outcome(clientId, sequence, new Stamp(row.getLong(), row.getInt()), row.getByte() != 0);
        }
        row.requireEnd();
        return session;
    }
}
