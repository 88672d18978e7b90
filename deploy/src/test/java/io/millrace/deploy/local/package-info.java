/** The whole cluster in one JVM, through its gRPC ports. */
@NullMarked
package io.millrace.deploy.local;

import org.jspecify.annotations.NullMarked;
