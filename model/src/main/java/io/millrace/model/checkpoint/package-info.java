/**
 * A model on disk: a Hugging Face directory plus {@code millrace.json}, the encoding contract that says how texts become
 * vectors, and the identity of the space they land in. Start here: {@link io.millrace.model.checkpoint.Checkpoint}.
 */
@NullMarked
package io.millrace.model.checkpoint;

import org.jspecify.annotations.NullMarked;
