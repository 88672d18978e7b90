/** Measures retrieval quality through the whole cluster. Start here: {@link io.millrace.deploy.eval.EvalCommand}. */
@NullMarked
package io.millrace.deploy.eval;

import org.jspecify.annotations.NullMarked;
