/**
 * LoRA adapters as {@code peft} saves them, merged into a checkpoint's weights while these are read: W + s · B · A with
 * B [out, r], A [r, in] and s = alpha / r. Nothing of the merged model is written or kept. Start here:
 * {@link io.millrace.model.adapter.AdaptedTensors}.
 */
@NullMarked
package io.millrace.model.adapter;

import org.jspecify.annotations.NullMarked;
