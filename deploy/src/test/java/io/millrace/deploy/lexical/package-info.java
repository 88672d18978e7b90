/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.lexical;

import org.jspecify.annotations.NullMarked;
