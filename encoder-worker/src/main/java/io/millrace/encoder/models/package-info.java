/**
 * The models of a worker: the two it may serve at a time, and how a published one gets there. Start here:
 * {@link io.millrace.encoder.models.ModelSlots}.
 */
@NullMarked
package io.millrace.encoder.models;

import org.jspecify.annotations.NullMarked;
