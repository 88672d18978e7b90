/** Tests over the whole program. */
@NullMarked
package io.millrace.deploy;

import org.jspecify.annotations.NullMarked;
