/**
 * One launcher with every command. Start here: {@link io.millrace.deploy.Main}; a command is a class of
 * {@code io.millrace.deploy.command}, or of the package named after it.
 */
@NullMarked
package io.millrace.deploy;

import org.jspecify.annotations.NullMarked;
