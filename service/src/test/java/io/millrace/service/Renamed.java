package io.millrace.service;

import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.TimeUnit;

/** A health service under another name, so that it can stand beside the real one. */
record Renamed(BindableService original) implements BindableService {
    private static final MethodDescriptor<HealthCheckRequest, HealthCheckResponse> CHECK =
            HealthGrpc.getCheckMethod().toBuilder()
                    .setFullMethodName("test.Renamed/Check")
                    .setSchemaDescriptor(null)
                    .build();

    @Override
    @SuppressWarnings("unchecked") // the check method's own types
    public ServerServiceDefinition bindService() {
        ServerMethodDefinition<HealthCheckRequest, HealthCheckResponse> check =
                (ServerMethodDefinition<HealthCheckRequest, HealthCheckResponse>) original.bindService()
                        .getMethod(HealthGrpc.getCheckMethod().getFullMethodName());
        return ServerServiceDefinition.builder("test.Renamed")
                .addMethod(CHECK, check.getServerCallHandler())
                .build();
    }

    HealthCheckResponse call(Channel channel, String service) {
        return ClientCalls.blockingUnaryCall(
                channel,
                CHECK,
                CallOptions.DEFAULT.withDeadlineAfter(10, TimeUnit.SECONDS),
                HealthCheckRequest.newBuilder().setService(service).build());
    }
}
