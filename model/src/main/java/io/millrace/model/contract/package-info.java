/**
 * The encoding contract: everything beyond weights, configuration and tokenizer that decides a text's vector, as
 * {@code millrace.json} holds it. Start here: {@link io.millrace.model.contract.EncodingContract}.
 */
@NullMarked
package io.millrace.model.contract;

import org.jspecify.annotations.NullMarked;
