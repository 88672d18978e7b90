/**
 * The cluster as its users run it: every role a process of its own, killed and restarted. Start here:
 * {@link io.millrace.deploy.cluster.KillTest}.
 */
@NullMarked
package io.millrace.deploy.cluster;

import org.jspecify.annotations.NullMarked;
