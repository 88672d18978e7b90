/**
 * From a checkpoint folder to a published model: what goes along, what it must pass, and the calls. Start here:
 * {@link io.millrace.trainer.publish.ModelPublisher}.
 */
@NullMarked
package io.millrace.trainer.publish;

import org.jspecify.annotations.NullMarked;
