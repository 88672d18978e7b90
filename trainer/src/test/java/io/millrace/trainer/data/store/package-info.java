/** Tests of the package of the same name. */
@NullMarked
package io.millrace.trainer.data.store;

import org.jspecify.annotations.NullMarked;
