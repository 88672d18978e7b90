package io.millrace.client;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.Document;
import io.millrace.v1.IngestOperation;

/**
 * A stream of puts and deletes that survives lost connections and restarted servers.
 *
 * <p><b>Outcome.</b> Each operation gets exactly one {@link IngestResult}. {@code Applied} means durable and searchable.
 * An operation is <em>applied once</em>: a lost stream is opened again under the same client id, everything without an
 * outcome is sent again under its own sequence, and the cluster recognises what it has already carried out.
 *
 * <p><b>Order.</b> Operations on one id take effect in the order of the calls: a second one is held back until the first
 * has its outcome, because a repetition that overtook it would otherwise win. Operations on different ids are carried
 * out side by side, and acknowledged in any order.
 *
 * <p><b>Back-pressure.</b> {@link #put} blocks while the window ({@link IngestOptions.Window}) is full; nothing is sent
 * while the transport does not take more, which is when the server does not read. So memory is bounded by the window.
 *
 * <p><b>Failure.</b> What may pass is retried with growing delays ({@link IngestOptions.Retry}); what cannot (an unknown
 * collection, say) and what lasts too long fails the stream: every method then throws {@link MillraceException}, saying
 * how many operations have no outcome. Whether those were carried out is unknown; to go on later, put them again on a
 * new stream with the same client id and sequences.
 *
 * <p>Safe for use by many threads.
 */
public final class IngestStream implements AutoCloseable {
    /** Largest operation, bytes as serialised. A server refuses a larger message by ending the stream, each time. */
    public static final int MAX_OPERATION_BYTES = 32 << 20;

    private final IngestWindow window;
    private final IngestResults results;
    private final Thread sender;

    private IngestStream(IngestWindow window, IngestResults results, Thread sender) {
        this.window = window;
        this.results = results;
        this.sender = sender;
    }

    static IngestStream start(
            ManagedChannel channel, ClientOptions client, IngestOptions options, IngestListener listener) {
        IngestWindow window = new IngestWindow(options);
        IngestResults results = new IngestResults(window, listener);
        Thread sender = Thread.ofVirtual()
                .name("ingest-" + options.writer().clientId())
                .start(new IngestSender(channel, client, options, window, results));
        return new IngestStream(window, results, sender);
    }

    /**
     * Stores or replaces a document. Blocks while the window is full or an operation on the same id is pending.
     *
     * @return the operation's sequence
     * @throws MillraceException if the stream has failed
     * @throws IllegalStateException if the stream was closed
     * @throws IllegalArgumentException if the document has more than {@link #MAX_OPERATION_BYTES}
     */
    public long put(Document document) throws InterruptedException {
        results.refuseListener("put");
        if (document.getSerializedSize() > MAX_OPERATION_BYTES) {
            throw new IllegalArgumentException("document '" + document.getId() + "' has "
                    + document.getSerializedSize() + " bytes; no more than " + MAX_OPERATION_BYTES
                    + " can be sent: split it into passages");
        }
        return window.add(document.getId(), IngestOperation.newBuilder().setPut(document));
    }

    /**
     * Removes a document; removing what is not there succeeds. Blocks as {@link #put} does.
     *
     * @return the operation's sequence
     * @throws MillraceException if the stream has failed
     * @throws IllegalStateException if the stream was closed
     */
    public long delete(String id) throws InterruptedException {
        results.refuseListener("delete");
        return window.add(id, IngestOperation.newBuilder().setDeleteId(id));
    }

    /**
     * Waits until every operation put so far has its outcome.
     *
     * @throws MillraceException if the stream has failed
     */
    public void flush() throws InterruptedException {
        results.refuseListener("flush");
        window.flush();
    }

    /** The state that contains every acknowledged write: pass it to a search to see them. */
    public ConsistencyToken token() {
        return results.token();
    }

    /** Where the stream stands. */
    public IngestStatistics statistics() {
        return window.statistics();
    }

    /** Ends the stream without waiting; operations without an outcome get none. Idempotent. */
    public void abort() {
        window.fail(new MillraceException(Status.Code.CANCELLED, "the ingest stream was aborted"));
        window.close();
    }

    /**
     * Waits until every operation has its outcome, then ends the stream. Idempotent. An interrupt while waiting aborts
     * the stream and is kept.
     *
     * @throws MillraceException if operations are left without an outcome
     */
    @Override
    public void close() {
        results.refuseListener("close");
        window.close();
        try {
            sender.join();
            window.flush();
        } catch (InterruptedException e) {
            abort();
            Thread.currentThread().interrupt();
            throw new MillraceException(Status.Code.CANCELLED, "interrupted while waiting for acknowledgements");
        }
    }
}
