package io.millrace.index.batch;

import io.millrace.index.record.Stamp;
import java.util.List;

/**
 * What became of a batch.
 *
 * @param results one for each operation, in order
 * @param appliedIndex state that contains the batch
 * @param durableIndex everything up to here survives a crash
 */
public record BatchOutcome(List<Result> results, long appliedIndex, long durableIndex) {
    /**
     * What became of one operation.
     *
     * @param applied false if a newer write to the document was there already
     * @param stamp stamp on record for the client's sequence
     */
    public record Result(boolean applied, Stamp stamp) {}
}
