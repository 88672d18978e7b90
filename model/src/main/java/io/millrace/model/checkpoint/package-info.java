/**
 * A model on disk: a Hugging Face directory plus {@code millrace.json}, checked to belong together, and the identity of
 * the space that its vectors land in. Start here: {@link io.millrace.model.checkpoint.Checkpoint}.
 */
@NullMarked
package io.millrace.model.checkpoint;

import org.jspecify.annotations.NullMarked;
