package io.millrace.coordinator.registry;

import io.millrace.service.blob.BlobLimits;
import java.time.Duration;

/**
 * What bounds a registry.
 *
 * @param blobs sizes of files, one and all together
 * @param pushes files that may be pushed at a time
 * @param grace how long a file that no manifest names is kept since it was pushed or asked about, and an unfinished one since
 *     it grew
 * @param idle how long a push may send nothing before it is ended
 */
public record RegistryLimits(BlobLimits blobs, int pushes, Duration grace, Duration idle) {
    /** Checks the ranges. */
    public RegistryLimits {
        if (pushes < 1 || grace.isNegative() || !idle.isPositive()) {
            throw new IllegalArgumentException(pushes + " pushes at a time, a grace of " + grace + " and " + idle
                    + " without a byte: use at least 1, 0s and more than 0s");
        }
    }
}
