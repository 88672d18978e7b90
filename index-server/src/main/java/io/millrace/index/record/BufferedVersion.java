package io.millrace.index.record;

import java.util.Map;

/**
 * What the write buffer keeps of a version, beside its vector, to make it searchable again after a restart.
 *
 * @param id document id
 * @param metadata its fields, which filters look at
 */
public record BufferedVersion(DocumentId id, Map<String, String> metadata) {}
