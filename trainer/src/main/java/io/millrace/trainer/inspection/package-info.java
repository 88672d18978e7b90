/**
 * What a model is like that is about to be published: its vectors of many texts, and how well they rank. Start here:
 * {@link io.millrace.trainer.inspection.Inspection}.
 */
@NullMarked
package io.millrace.trainer.inspection;

import org.jspecify.annotations.NullMarked;
