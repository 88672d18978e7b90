/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.eval;

import org.jspecify.annotations.NullMarked;
