/** Tests of the package of the same name. */
@NullMarked
package io.millrace.deploy.score;

import org.jspecify.annotations.NullMarked;
