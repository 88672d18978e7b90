package io.millrace.index.filter;

import io.millrace.index.memory.GrowingMemory;
import java.lang.foreign.Arena;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Collects fields, their values and the documents that have them, in order, in memory of its own. Every violation of an order
 * throws {@link IllegalStateException}, so that damaged input cannot become a segment. For one thread.
 */
public final class FieldColumnsBuilder implements AutoCloseable {
    private final int documents;
    private final GrowingMemory nameStarts = new GrowingMemory();
    private final GrowingMemory nameBytes = new GrowingMemory();
    private final GrowingMemory firstValues = new GrowingMemory();
    private final GrowingMemory valueStarts = new GrowingMemory();
    private final GrowingMemory valueBytes = new GrowingMemory();
    private final GrowingMemory listStarts = new GrowingMemory();
    private final GrowingMemory listed = new GrowingMemory();
    private final GrowingMemory firstNumbers = new GrowingMemory();
    private final GrowingMemory numbers = new GrowingMemory();
    private final GrowingMemory numberValues = new GrowingMemory();

    private byte @Nullable [] field;
    private byte[] value = new byte[0];
    private int values;
    // Of the current value; -1 before the first.
    private int lastDocument = -1;
    // Numbers of the current field, in the order of their values.
    private double[] fieldNumbers = new double[16];
    private int[] fieldNumberValues = new int[16];
    private int fieldNumberCount;

    /** @param documents of the segment; those added are below */
    public FieldColumnsBuilder(int documents) {
        this.documents = documents;
    }

    /** Goes on to a value of a field, which comes after all before, or stays there. At least one document must follow. */
    public void at(byte[] name, byte[] text) {
        int order = field == null ? 1 : Arrays.compareUnsigned(name, field);
        require(order >= 0, "fields do not ascend");
        if (order == 0) {
            int valueOrder = Arrays.compareUnsigned(text, value);
            require(valueOrder >= 0, "values of a field do not ascend");
            if (valueOrder == 0) {
                return;
            }
            endValue();
        } else {
            endField();
            field = name.clone();
            nameStarts.putLong(nameBytes.size());
            nameBytes.putBytes(name);
            firstValues.putInt(values);
        }
        beginValue(text);
    }

    /** Adds a local document of the current value. */
    public void add(int document) {
        require(field != null, "a document comes before any field");
        require(document > lastDocument && document < documents, "documents of a value do not ascend");
        listed.putInt(document);
        lastDocument = document;
    }

    /** Documents added so far, of all values. */
    public long entries() {
        return listed.size() / Integer.BYTES;
    }

    /** The columns, in memory of an arena. */
    public FieldColumns build(Arena arena) {
        if (field == null) {
            return FieldColumns.NONE;
        }
        endField();
        nameStarts.putLong(nameBytes.size());
        firstValues.putInt(values);
        valueStarts.putLong(valueBytes.size());
        listStarts.putLong(entries());
        firstNumbers.putInt((int) (numberValues.size() / Integer.BYTES));
        return new FieldColumns(
                nameStarts.moveTo(arena),
                nameBytes.moveTo(arena),
                firstValues.moveTo(arena),
                valueStarts.moveTo(arena),
                valueBytes.moveTo(arena),
                listStarts.moveTo(arena),
                listed.moveTo(arena),
                firstNumbers.moveTo(arena),
                numbers.moveTo(arena),
                numberValues.moveTo(arena));
    }

    private void beginValue(byte[] text) {
        require(values < Integer.MAX_VALUE, "there are too many values");
        value = text.clone();
        valueStarts.putLong(valueBytes.size());
        valueBytes.putBytes(text);
        listStarts.putLong(entries());
        double number = DecimalNumber.parse(text);
        if (!Double.isNaN(number)) {
            if (fieldNumberCount == fieldNumbers.length) {
                fieldNumbers = Arrays.copyOf(fieldNumbers, 2 * fieldNumberCount);
                fieldNumberValues = Arrays.copyOf(fieldNumberValues, 2 * fieldNumberCount);
            }
            fieldNumbers[fieldNumberCount] = number;
            fieldNumberValues[fieldNumberCount++] = values;
        }
        values++;
        lastDocument = -1;
    }

    private void endValue() {
        require(lastDocument >= 0, "a value has no document");
    }

    private void endField() {
        if (field == null) {
            return;
        }
        endValue();
        firstNumbers.putInt((int) (numberValues.size() / Integer.BYTES));
        double[] sorted = Arrays.copyOf(fieldNumbers, fieldNumberCount);
        Arrays.sort(sorted);
        // By number, and where several values are one number by value: each takes the next of its number's places.
        int[] taken = new int[fieldNumberCount];
        int[] byNumber = new int[fieldNumberCount];
        for (int i = 0; i < fieldNumberCount; i++) {
            int first = firstOf(sorted, fieldNumbers[i]);
            byNumber[first + taken[first]++] = fieldNumberValues[i];
        }
        for (int i = 0; i < fieldNumberCount; i++) {
            numbers.putDouble(sorted[i]);
            numberValues.putInt(byNumber[i]);
        }
        fieldNumberCount = 0;
    }

    private static int firstOf(double[] sorted, double number) {
        int low = 0;
        int high = sorted.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < number) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public void close() {
        nameStarts.close();
        nameBytes.close();
        firstValues.close();
        valueStarts.close();
        valueBytes.close();
        listStarts.close();
        listed.close();
        firstNumbers.close();
        numbers.close();
        numberValues.close();
    }

    private static void require(boolean holds, String violation) {
        if (!holds) {
            throw new IllegalStateException("metadata: " + violation);
        }
    }
}
