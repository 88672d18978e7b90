@NullMarked
package io.millrace.trainer.serve;

import org.jspecify.annotations.NullMarked;
