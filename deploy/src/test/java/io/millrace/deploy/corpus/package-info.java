/** Tests of the readers. */
@NullMarked
package io.millrace.deploy.corpus;

import org.jspecify.annotations.NullMarked;
