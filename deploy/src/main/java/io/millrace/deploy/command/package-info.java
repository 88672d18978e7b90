/**
 * The commands that ask a running cluster something and end. Start here:
 * {@link io.millrace.deploy.command.SearchCommand}, then {@link io.millrace.deploy.command.IndexCommand}.
 */
@NullMarked
package io.millrace.deploy.command;

import org.jspecify.annotations.NullMarked;
