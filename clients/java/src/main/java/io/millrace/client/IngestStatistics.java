package io.millrace.client;

/**
 * Where a stream stands.
 *
 * @param submitted operations taken by put and delete
 * @param acknowledged operations with an outcome, refused ones included
 * @param refused operations that were refused
 * @param inFlight operations without an outcome
 * @param inFlightBytes their size as serialised
 * @param connections streams opened so far; 1 if none was lost
 */
public record IngestStatistics(
        long submitted, long acknowledged, long refused, int inFlight, long inFlightBytes, int connections) {}
