package io.millrace.index.record;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A document's id: 1 to 512 bytes of UTF-8, compared as unsigned bytes. Immutable by convention: nobody changes the
 * array.
 *
 * @param utf8 the bytes
 */
public record DocumentId(byte[] utf8) implements Comparable<DocumentId> {
    /** Longest id, in bytes. */
    public static final int MAX_BYTES = 512;

    /** Refuses an id that is empty or too long, with an {@link IllegalArgumentException} that names the limit. */
    public DocumentId {
        if (utf8.length == 0 || utf8.length > MAX_BYTES) {
            throw new IllegalArgumentException("document id has " + utf8.length
                    + " bytes of UTF-8; the limits are 1 to " + MAX_BYTES + ": give every document an id within them");
        }
    }

    /** The id of a string. */
    public static DocumentId of(String id) {
        return new DocumentId(id.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int compareTo(DocumentId other) {
        return Arrays.compareUnsigned(utf8, other.utf8);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof DocumentId id && Arrays.equals(utf8, id.utf8);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(utf8);
    }

    @Override
    public String toString() {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
