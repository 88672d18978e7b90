/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.snapshot;

import org.jspecify.annotations.NullMarked;
