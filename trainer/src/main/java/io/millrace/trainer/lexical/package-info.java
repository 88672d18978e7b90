/**
 * What a text's own words are worth to a learned vector. Start here: {@link io.millrace.trainer.lexical.LexicalFloor}.
 */
@NullMarked
package io.millrace.trainer.lexical;

import org.jspecify.annotations.NullMarked;
