/** Tests of the package of the same name. */
@NullMarked
package io.millrace.trainer.data.pool;

import org.jspecify.annotations.NullMarked;
