package io.millrace.client;

/**
 * One operation's outcome.
 *
 * @param sequence what {@link IngestStream#put} or {@link IngestStream#delete} returned
 * @param id document id
 * @param outcome what became of it
 */
public record IngestResult(long sequence, String id, IngestOutcome outcome) {}
