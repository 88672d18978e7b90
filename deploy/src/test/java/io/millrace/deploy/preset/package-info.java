/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.preset;

import org.jspecify.annotations.NullMarked;
