/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.plot;

import org.jspecify.annotations.NullMarked;
