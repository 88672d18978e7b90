/** Commands against a fake coordinator that listens on loopback. */
@NullMarked
package io.millrace.deploy.command;

import org.jspecify.annotations.NullMarked;
