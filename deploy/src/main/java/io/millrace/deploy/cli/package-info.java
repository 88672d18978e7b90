/**
 * What all commands share: the console, exit codes, options for the server and the output, logging and the words for
 * failures. Start here: {@link io.millrace.deploy.cli.Console}, then {@link io.millrace.deploy.cli.ExitCode}.
 */
@NullMarked
package io.millrace.deploy.cli;

import org.jspecify.annotations.NullMarked;
