/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.expand;

import org.jspecify.annotations.NullMarked;
