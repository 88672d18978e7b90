/** {@code model}: published models. Start here: {@link io.millrace.deploy.publish.ModelCommand}. */
@NullMarked
package io.millrace.deploy.publish;

import org.jspecify.annotations.NullMarked;
