/** Tests of the package of the same name. */
@NullMarked
package io.millrace.trainer.teacher;

import org.jspecify.annotations.NullMarked;
