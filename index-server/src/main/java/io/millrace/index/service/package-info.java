/**
 * The gRPC face of the index server: one small handler for each call, which checks everything at the edge. Start here:
 * {@link io.millrace.index.service.IndexService}.
 */
@NullMarked
package io.millrace.index.service;

import org.jspecify.annotations.NullMarked;
