package io.millrace.encoder;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads that tokenise, so that the inference thread never does: one for queries alone, which so never wait behind
 * documents, and some for documents. Platform threads, because tokenizers are native code.
 */
final class TokenizerLanes implements AutoCloseable {
    private static final int WAITING_BATCHES = 1024;

    private final ThreadPoolExecutor queries;
    private final ThreadPoolExecutor documents;

    TokenizerLanes(int documentThreads) {
        queries = lane("millrace-tokenize-query-", 1);
        documents = lane("millrace-tokenize-document-", documentThreads);
    }

    /** Runs a batch's tokenising soon; false = too many wait already. */
    boolean offer(boolean query, Runnable work) {
        ThreadPoolExecutor lane = query ? queries : documents;
        try {
            lane.execute(work);
            return true;
        } catch (java.util.concurrent.RejectedExecutionException full) {
            return false;
        }
    }

    /** Stops the threads; what waits is forgotten. */
    @Override
    public void close() {
        queries.shutdownNow();
        documents.shutdownNow();
    }

    private static ThreadPoolExecutor lane(String name, int threads) {
        return new ThreadPoolExecutor(
                threads,
                threads,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_BATCHES),
                Thread.ofPlatform().name(name, 0).daemon().factory());
    }
}
