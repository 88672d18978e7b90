/** Tests of the package of the same name. */
@NullMarked
package io.millrace.trainer.data.source;

import org.jspecify.annotations.NullMarked;
