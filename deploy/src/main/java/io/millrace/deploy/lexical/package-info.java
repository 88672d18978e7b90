/** Makes lexical models from corpora. Start here: {@link io.millrace.deploy.lexical.LexicalCommand}. */
@NullMarked
package io.millrace.deploy.lexical;

import org.jspecify.annotations.NullMarked;
