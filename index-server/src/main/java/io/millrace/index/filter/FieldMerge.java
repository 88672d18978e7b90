package io.millrace.index.filter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;

/** Joins the metadata of segments into that of one. For one merge, on one thread. */
public final class FieldMerge {
    private final int[][] moved;
    private final FieldColumnsBuilder into;
    // Documents of the current value so far, in new numbers.
    private int[] documents = new int[1 << 10];
    private int size;

    private FieldMerge(int[][] moved, FieldColumnsBuilder into) {
        this.moved = moved;
        this.into = into;
    }

    /**
     * Adds all that is left of some segments' metadata.
     *
     * @param inputs of the segments
     * @param moved by segment and local document its new number, negative if it is left out
     * @param into takes it
     */
    public static void merge(List<FieldColumns> inputs, int[][] moved, FieldColumnsBuilder into) {
        new FieldMerge(moved, into).run(inputs);
    }

    /** How many values the merged documents' metadata has. */
    public static long entries(List<FieldColumns> inputs, int[][] moved) {
        long entries = 0;
        for (int input = 0; input < inputs.size(); input++) {
            FieldColumns columns = inputs.get(input);
            for (long i = 0; i < columns.entries(); i++) {
                entries += moved[input][columns.document(i)] >= 0 ? 1 : 0;
            }
        }
        return entries;
    }

    private void run(List<FieldColumns> inputs) {
        PriorityQueue<Cursor> next = new PriorityQueue<>();
        for (int input = 0; input < inputs.size(); input++) {
            if (inputs.get(input).fields() > 0) {
                next.add(new Cursor(inputs.get(input), input));
            }
        }
        List<Cursor> same = new ArrayList<>();
        while (!next.isEmpty()) {
            Cursor first = next.remove();
            same.add(first);
            while (!next.isEmpty() && next.element().compareTo(first) == 0) {
                same.add(next.remove());
            }
            same.forEach(this::collect);
            drain(first);
            for (Cursor cursor : same) {
                if (cursor.advance()) {
                    next.add(cursor);
                }
            }
            same.clear();
        }
    }

    private void collect(Cursor cursor) {
        int count = cursor.columns.documentCount(cursor.value);
        if (documents.length - size < count) {
            documents = Arrays.copyOf(documents, Math.max(size + count, 2 * documents.length));
        }
        cursor.columns.readDocuments(cursor.value, documents, size);
        int end = size + count;
        for (int i = size; i < end; i++) {
            int document = moved[cursor.input][documents[i]];
            if (document >= 0) {
                documents[size++] = document;
            }
        }
    }

    /** Adds what was collected of a value; one that no document has any more is left out. */
    private void drain(Cursor at) {
        if (size == 0) {
            return;
        }
        Arrays.sort(documents, 0, size);
        into.at(at.name, at.columns.value(at.value));
        for (int i = 0; i < size; i++) {
            into.add(documents[i]);
        }
        size = 0;
    }

    /** A place in the values of one input. */
    private static final class Cursor implements Comparable<Cursor> {
        private final FieldColumns columns;
        private final int input;
        private int field;
        private int value;
        private byte[] name;

        Cursor(FieldColumns columns, int input) {
            this.columns = columns;
            this.input = input;
            this.name = columns.name(0);
        }

        boolean advance() {
            value++;
            if (value == columns.firstValue(field + 1)) {
                field++;
                if (field == columns.fields()) {
                    return false;
                }
                name = columns.name(field);
            }
            return true;
        }

        @Override
        public int compareTo(Cursor other) {
            int byName = Arrays.compareUnsigned(name, other.name);
            return byName != 0 ? byName : FieldColumns.compareValues(columns, value, other.columns, other.value);
        }
    }
}
