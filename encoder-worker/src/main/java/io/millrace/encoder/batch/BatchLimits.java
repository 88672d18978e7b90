package io.millrace.encoder.batch;

/**
 * How inference batches are cut.
 *
 * @param tokenBudget most padded tokens in one inference batch; 0 = measured when the queue starts
 * @param windowBudgets documents sorted together, in token budgets; more lowers padding, but answers come later
 * @param maxPaddingShare most padding in a batch of documents, as a share of its padded tokens
 * @param documentBatches batches of documents that run at once
 * @param channelRequests requests that may wait to be taken over by the queue's thread while it computes
 */
public record BatchLimits(
        int tokenBudget, int windowBudgets, double maxPaddingShare, int documentBatches, int channelRequests) {
    /** Checks the ranges. */
    public BatchLimits {
        if (tokenBudget < 0 || windowBudgets < 1 || documentBatches < 1 || channelRequests < 1) {
            throw new IllegalArgumentException("token budget " + tokenBudget + ", window of " + windowBudgets
                    + " budgets, " + documentBatches + " batches at once, channel of " + channelRequests
                    + " requests: use a budget of at least 0 and at least 1 of the others");
        }
        if (!(maxPaddingShare >= 0 && maxPaddingShare <= 1)) {
            throw new IllegalArgumentException("padding share " + maxPaddingShare + " is not within 0 and 1");
        }
    }

    /** The usual limits with a token budget; 0 = measured. */
    public static BatchLimits of(int tokenBudget, int documentBatches) {
        return new BatchLimits(tokenBudget, 16, 0.1, documentBatches, 1024);
    }
}
