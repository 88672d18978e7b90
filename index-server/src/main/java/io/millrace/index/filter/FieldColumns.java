package io.millrace.index.filter;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The metadata of a segment's documents, turned around: F fields by name, V values by field and value, each with its documents,
 * and for each field those of its values that are numbers in their order. Names and values are UTF-8 and ordered as unsigned
 * bytes. Memory belongs to the segment's arena.
 *
 * @param nameStarts first byte of each field's name, then the end, long [F + 1]
 * @param nameBytes all names, byte
 * @param firstValues first value of each field, then V, int [F + 1]
 * @param valueStarts first byte of each value, then the end, long [V + 1]
 * @param valueBytes all values, byte
 * @param listStarts first document of each value, then the end, long [V + 1]
 * @param documents local documents of each value, ascending, int; those of neighbouring values are neighbours
 * @param firstNumbers first number of each field, then the end, int [F + 1]
 * @param numbers numbers of each field, ascending, double
 * @param numberValues value of each number, int
 */
public record FieldColumns(
        MemorySegment nameStarts,
        MemorySegment nameBytes,
        MemorySegment firstValues,
        MemorySegment valueStarts,
        MemorySegment valueBytes,
        MemorySegment listStarts,
        MemorySegment documents,
        MemorySegment firstNumbers,
        MemorySegment numbers,
        MemorySegment numberValues) {
    /** Of segments whose documents have no metadata. */
    public static final FieldColumns NONE = new FieldColumns(
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL,
            MemorySegment.NULL);

    /** Number of fields. */
    public int fields() {
        return (int) Math.max(0, nameStarts.byteSize() / Long.BYTES - 1);
    }

    /** Documents of all values together: how many values the metadata of all documents has. */
    public long entries() {
        return documents.byteSize() / Integer.BYTES;
    }

    /** Off-heap bytes. */
    public long bytes() {
        return nameStarts.byteSize()
                + nameBytes.byteSize()
                + firstValues.byteSize()
                + valueStarts.byteSize()
                + valueBytes.byteSize()
                + listStarts.byteSize()
                + documents.byteSize()
                + firstNumbers.byteSize()
                + numbers.byteSize()
                + numberValues.byteSize();
    }

    /** Name of a field. */
    public byte[] name(int field) {
        return text(nameStarts, nameBytes, field);
    }

    /** First value of a field; that of the next field is its end. */
    public int firstValue(int field) {
        return firstValues.getAtIndex(ValueLayout.JAVA_INT, field);
    }

    /** A value. */
    public byte[] value(int value) {
        return text(valueStarts, valueBytes, value);
    }

    /** Where in {@link #documents} those of a value begin; the start of the next value is their end. */
    public long listStart(int value) {
        return listStarts.getAtIndex(ValueLayout.JAVA_LONG, value);
    }

    /** Number of documents with a value. */
    public int documentCount(int value) {
        return (int) (listStart(value + 1) - listStart(value));
    }

    /** The n-th of {@link #documents}. */
    int document(long n) {
        return documents.getAtIndex(ValueLayout.JAVA_INT, n);
    }

    /**
     * Local documents with a value, ascending.
     *
     * @param into takes them, from {@code at} on
     */
    public void readDocuments(int value, int[] into, int at) {
        MemorySegment.copy(
                documents, ValueLayout.JAVA_INT, listStart(value) * Integer.BYTES, into, at, documentCount(value));
    }

    /** The field of a name, or -1. */
    int findField(byte[] name) {
        int place = place(nameStarts, nameBytes, name, 0, fields(), false);
        return place < fields() && Arrays.equals(name(place), name) ? place : -1;
    }

    /** A value of a field, or -1. */
    int findValue(int field, byte[] value) {
        int place = valueFrom(field, value, false);
        return place < firstValue(field + 1) && Arrays.equals(value(place), value) ? place : -1;
    }

    /** First value of a field that is at least a text or, with {@code above}, above it; the field's end if there is none. */
    int valueFrom(int field, byte[] text, boolean above) {
        return place(valueStarts, valueBytes, text, firstValue(field), firstValue(field + 1), above);
    }

    /** First number of a field; that of the next field is its end. */
    int firstNumber(int field) {
        return firstNumbers.getAtIndex(ValueLayout.JAVA_INT, field);
    }

    /** First of a field's numbers that is at least a bound or, with {@code above}, above it; the field's end if there is none. */
    int numberFrom(int field, double bound, boolean above) {
        int low = firstNumber(field);
        int high = firstNumber(field + 1);
        while (low < high) {
            int middle = (low + high) >>> 1;
            double here = numbers.getAtIndex(ValueLayout.JAVA_DOUBLE, middle);
            if (here < bound || (above && here == bound)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Value of a number. */
    int numberValue(int number) {
        return numberValues.getAtIndex(ValueLayout.JAVA_INT, number);
    }

    /** Orders the names of two fields. */
    static int compareNames(FieldColumns one, int field, FieldColumns other, int otherField) {
        return compare(one.nameStarts, one.nameBytes, field, other.nameStarts, other.nameBytes, otherField);
    }

    /** Orders two values. */
    static int compareValues(FieldColumns one, int value, FieldColumns other, int otherValue) {
        return compare(one.valueStarts, one.valueBytes, value, other.valueStarts, other.valueBytes, otherValue);
    }

    private static int compare(
            MemorySegment starts,
            MemorySegment bytes,
            int place,
            MemorySegment starts2,
            MemorySegment bytes2,
            int place2) {
        long from = start(starts, place);
        long to = start(starts, place + 1);
        long from2 = start(starts2, place2);
        long to2 = start(starts2, place2 + 1);
        return compare(bytes, from, to, bytes2, from2, to2);
    }

    private static int compare(MemorySegment one, long from, long to, MemorySegment other, long from2, long to2) {
        long differ = MemorySegment.mismatch(one, from, to, other, from2, to2);
        if (differ < 0) {
            return 0;
        }
        if (from + differ == to || from2 + differ == to2) {
            return Long.compare(to - from, to2 - from2);
        }
        return Byte.compareUnsigned(
                one.get(ValueLayout.JAVA_BYTE, from + differ), other.get(ValueLayout.JAVA_BYTE, from2 + differ));
    }

    private static int place(MemorySegment starts, MemorySegment bytes, byte[] text, int from, int to, boolean above) {
        MemorySegment wanted = MemorySegment.ofArray(text);
        int low = from;
        int high = to;
        while (low < high) {
            int middle = (low + high) >>> 1;
            int order = compare(bytes, start(starts, middle), start(starts, middle + 1), wanted, 0, text.length);
            if (order < 0 || (above && order == 0)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static byte[] text(MemorySegment starts, MemorySegment bytes, int place) {
        long start = start(starts, place);
        byte[] text = new byte[(int) (start(starts, place + 1) - start)];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, start, text, 0, text.length);
        return text;
    }

    private static long start(MemorySegment starts, int place) {
        return starts.getAtIndex(ValueLayout.JAVA_LONG, place);
    }
}
