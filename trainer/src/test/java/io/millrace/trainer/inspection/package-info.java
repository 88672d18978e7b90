@NullMarked
package io.millrace.trainer.inspection;

import org.jspecify.annotations.NullMarked;
