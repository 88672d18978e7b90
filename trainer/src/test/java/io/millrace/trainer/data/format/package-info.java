/** Tests of the package of the same name. */
@NullMarked
package io.millrace.trainer.data.format;

import org.jspecify.annotations.NullMarked;
