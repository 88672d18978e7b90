/**
 * Servers: each role as its own process, and all of them in one JVM, still as separate gRPC servers on loopback. Start
 * here: {@link io.millrace.deploy.local.LocalCluster}.
 */
@NullMarked
package io.millrace.deploy.local;

import org.jspecify.annotations.NullMarked;
