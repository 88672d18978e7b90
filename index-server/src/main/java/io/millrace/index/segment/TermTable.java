package io.millrace.index.segment;

import java.util.Arrays;

/** Numbers distinct terms from 0 in the order they are first seen, and counts them; open addressing, for one thread. */
final class TermTable {
    private static final int EMPTY = -1;

    // Slot -> number of the term there, or EMPTY; length a power of two, at most half full.
    private int[] slots = new int[1 << 10];
    // Number -> term, and how often it was added.
    private int[] terms = new int[1 << 9];
    private int[] counts = new int[1 << 9];
    private int size;

    TermTable() {
        Arrays.fill(slots, EMPTY);
    }

    /** Counts a term, numbering it if it is new; returns its number. */
    int add(int term) {
        int slot = slotOf(term);
        int number = slots[slot];
        if (number == EMPTY) {
            number = size++;
            slots[slot] = number;
            if (size > terms.length) {
                terms = Arrays.copyOf(terms, terms.length * 2);
                counts = Arrays.copyOf(counts, counts.length * 2);
            }
            terms[number] = term;
            if (size * 2 > slots.length) {
                grow();
            }
        }
        counts[number]++;
        return number;
    }

    int size() {
        return size;
    }

    int term(int number) {
        return terms[number];
    }

    int count(int number) {
        return counts[number];
    }

    /** Numbers in the unsigned order of their terms [size]. */
    int[] sortedNumbers() {
        long[] keys = new long[size];
        for (int number = 0; number < size; number++) {
            // Flipping the sign bit makes the signed order of longs the unsigned order of terms.
            keys[number] = ((long) (terms[number] ^ Integer.MIN_VALUE) << 32) | number;
        }
        Arrays.sort(keys);
        int[] numbers = new int[size];
        for (int i = 0; i < size; i++) {
            numbers[i] = (int) keys[i];
        }
        return numbers;
    }

    private int slotOf(int term) {
        int mask = slots.length - 1;
        // Fibonacci hashing spreads the dense low ids of a vocabulary.
        int slot = (term * 0x9E3779B9) >>> Integer.numberOfLeadingZeros(mask);
        while (slots[slot] != EMPTY && terms[slots[slot]] != term) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        slots = new int[slots.length * 2];
        Arrays.fill(slots, EMPTY);
        for (int number = 0; number < size; number++) {
            slots[slotOf(terms[number])] = number;
        }
    }
}
