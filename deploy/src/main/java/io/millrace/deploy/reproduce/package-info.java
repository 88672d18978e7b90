/**
 * The tables and figures of "Leveraging Decoder Architectures for Learned Sparse Retrieval" (Qiao et al. 2025, arXiv:2504.18151) on
 * any collection, from whatever weights there are. Start here: {@link io.millrace.deploy.reproduce.ReproduceCommand}.
 */
@NullMarked
package io.millrace.deploy.reproduce;

import org.jspecify.annotations.NullMarked;
