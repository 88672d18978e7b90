/**
 * What every server needs: a gRPC server with health, reflection, deadlines and metrics; settings from flags,
 * environment and file; refusals with a precise status. Start here: {@link io.millrace.service.GrpcServer}.
 */
@NullMarked
package io.millrace.service;

import org.jspecify.annotations.NullMarked;
