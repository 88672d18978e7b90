/**
 * Text to token ids and back, by the rules of a checkpoint's {@code tokenizer.json}. Start here:
 * {@link io.millrace.model.tokenizer.TextTokenizer}.
 */
@NullMarked
package io.millrace.model.tokenizer;

import org.jspecify.annotations.NullMarked;
