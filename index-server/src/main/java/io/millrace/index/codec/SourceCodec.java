package io.millrace.index.codec;

import com.google.protobuf.InvalidProtocolBufferException;
import io.millrace.index.record.StoreException;
import io.millrace.v1.DocumentSource;

/** Sources are stored as the message that brought them. */
public final class SourceCodec {
    private SourceCodec() {}

    /** Title, text and metadata of a version, from the bytes that were stored. */
    public static DocumentSource source(long ordinal, byte[] bytes) {
        try {
            return DocumentSource.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw StoreException.undecodable("the source of document version " + ordinal, e);
        }
    }
}
