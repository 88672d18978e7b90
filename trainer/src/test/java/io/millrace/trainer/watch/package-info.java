@NullMarked
package io.millrace.trainer.watch;

import org.jspecify.annotations.NullMarked;
