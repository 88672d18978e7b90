/**
 * Finds hard negatives: documents that a running cluster ranks high for queries that they do not answer. Start here:
 * {@link io.millrace.deploy.mine.MineCommand}.
 */
@NullMarked
package io.millrace.deploy.mine;

import org.jspecify.annotations.NullMarked;
