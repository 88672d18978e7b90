package io.millrace.encoder;

/**
 * What streams may hold.
 *
 * @param creditBatches batches a caller may have sent, or be free to send, that are not in the queue yet
 * @param outstandingBatches batches of one stream in the worker, from arrival until their result has been sent
 * @param outstandingTexts texts in them, above which a stream gets no new credit
 * @param streams streams open at a time
 */
record StreamLimits(int creditBatches, int outstandingBatches, int outstandingTexts, int streams) {
    StreamLimits {
        if (creditBatches < 1 || outstandingBatches < creditBatches || outstandingTexts < 1 || streams < 1) {
            throw new IllegalArgumentException("credit of " + creditBatches + " batches, " + outstandingBatches
                    + " outstanding batches, " + outstandingTexts + " outstanding texts, " + streams
                    + " streams: each must be at least 1, and outstanding batches at least the credit");
        }
    }
}
