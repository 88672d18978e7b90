package io.millrace.index.codec;

import io.millrace.index.filter.FieldColumns;
import io.millrace.index.filter.FieldColumnsBuilder;
import io.millrace.index.record.StoreException;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * Chunks of a segment's metadata on disk: entries up to the end. An entry is 1 and the name of a field, or 0 where the field is
 * that of the entry before; then a value, a count, and so many local documents (the first as it is, then differences). A chunk
 * begins with the name of a field; a value with many documents goes on in further entries.
 */
public final class FieldCodec {
    /** A chunk ends with the entry that reaches so many bytes, so that it stays below 4 MiB. */
    static final int CHUNK_BYTES = 1 << 20;

    /** Documents of an entry, at most 5 bytes each. */
    static final int DOCUMENTS_PER_ENTRY = 1 << 18;

    private static final int SAME_FIELD = 0;
    private static final int NEXT_FIELD = 1;

    private FieldCodec() {}

    /** Adds what a chunk has to that of the chunks before. */
    public static void decode(String what, byte[] value, FieldColumnsBuilder into) {
        ByteSource in = new ByteSource(what, value);
        byte[] field = new byte[0];
        boolean first = true;
        while (in.rest().hasRemaining()) {
            int kind = in.getByte();
            if (kind == NEXT_FIELD) {
                field = in.getBytes();
            } else if (kind != SAME_FIELD || first) {
                throw StoreException.corrupt(what, "an entry of metadata begins with " + kind);
            }
            first = false;
            into.at(field, in.getBytes());
            int count = in.getCount(1);
            if (count == 0) {
                throw StoreException.corrupt(what, "an entry of metadata has no document");
            }
            long document = 0;
            for (int i = 0; i < count; i++) {
                document += in.getVarint();
                if (document < 0 || document > Integer.MAX_VALUE) {
                    throw StoreException.corrupt(what, "local document " + document + " is out of range");
                }
                into.add((int) document);
            }
        }
    }

    /** The chunks of a segment's metadata in their order; none if there is no metadata. */
    public static final class Chunks implements Iterator<byte[]> {
        private final FieldColumns columns;
        // Of the next entry: field, value and first document.
        private int field;
        private int value;
        private int from;
        // Of that value.
        private int[] documents = new int[1 << 10];

        public Chunks(FieldColumns columns) {
            this.columns = columns;
        }

        @Override
        public boolean hasNext() {
            return field < columns.fields();
        }

        @Override
        public byte[] next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            ByteSink out = new ByteSink();
            int named = -1;
            while (hasNext() && out.size() < CHUNK_BYTES) {
                if (named == field) {
                    out.putByte(SAME_FIELD);
                } else {
                    out.putByte(NEXT_FIELD).putBytes(columns.name(field));
                    named = field;
                }
                addEntry(out);
            }
            return out.toValue();
        }

        private void addEntry(ByteSink out) {
            int count = columns.documentCount(value);
            if (from == 0) {
                if (documents.length < count) {
                    documents = new int[Math.max(count, 2 * documents.length)];
                }
                columns.readDocuments(value, documents, 0);
            }
            int to = Math.min(count, from + DOCUMENTS_PER_ENTRY);
            out.putBytes(columns.value(value)).putVarint(to - from);
            int previous = 0;
            for (int i = from; i < to; i++) {
                out.putVarint(documents[i] - previous);
                previous = documents[i];
            }
            from = to;
            if (from == count) {
                from = 0;
                value++;
                field += value == columns.firstValue(field + 1) ? 1 : 0;
            }
        }
    }
}
