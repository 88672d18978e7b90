package io.millrace.index.search;

/** Finds the n-th largest of some floats. Keeps its memory; for one thread. */
final class NthLargest {
    private static final int SAMPLE = 64;

    private final float[] sample = new float[4 * SAMPLE];
    private float[] scratch = new float[1 << 10];

    /** A value that about n others reach, found in a sample; the n-th largest where there are few values. */
    float about(float[] values, int count, int n) {
        int step = Math.min(count / SAMPLE, n / 2);
        if (step <= 1) {
            return of(values, count, n);
        }
        int sampled = 0;
        for (int i = step / 2; i < count; i += step) {
            sample[sampled++] = values[i];
            if (sampled == sample.length) {
                break;
            }
        }
        return of(sample, sampled, Math.max(1, n / step));
    }

    /** The n-th largest of some values, or the smallest if they are fewer; 0 if there are none. */
    float of(float[] values, int count, int n) {
        if (count == 0) {
            return 0f;
        }
        if (scratch.length < count) {
            scratch = new float[Math.max(count, 2 * scratch.length)];
        }
        System.arraycopy(values, 0, scratch, 0, count);
        int wanted = Math.max(0, count - n);
        int low = 0;
        int high = count - 1;
        while (low < high) {
            float pivot = scratch[(low + high) >>> 1];
            int left = low;
            int right = high;
            while (left <= right) {
                while (scratch[left] < pivot) {
                    left++;
                }
                while (scratch[right] > pivot) {
                    right--;
                }
                if (left <= right) {
                    float value = scratch[left];
                    scratch[left++] = scratch[right];
                    scratch[right--] = value;
                }
            }
            if (wanted <= right) {
                high = right;
            } else if (wanted >= left) {
                low = left;
            } else {
                break;
            }
        }
        return scratch[wanted];
    }
}
