/** Publishing, from the command line to a worker that serves what was published. */
@NullMarked
package io.millrace.deploy.publish;

import org.jspecify.annotations.NullMarked;
