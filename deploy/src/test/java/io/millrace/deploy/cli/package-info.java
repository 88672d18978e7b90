/** Tests of what commands share. */
@NullMarked
package io.millrace.deploy.cli;

import org.jspecify.annotations.NullMarked;
