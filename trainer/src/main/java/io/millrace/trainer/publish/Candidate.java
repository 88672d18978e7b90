package io.millrace.trainer.publish;

import io.millrace.model.SparseEncoder;
import io.millrace.model.parity.GoldenVectors;
import java.nio.file.Path;

/**
 * A model that is about to be published.
 *
 * @param folder where it is
 * @param encoder opened in fp32; closed when the checks are over
 * @param queries golden queries with its vectors
 * @param documents golden documents with its vectors
 */
public record Candidate(Path folder, SparseEncoder encoder, GoldenVectors queries, GoldenVectors documents) {}
