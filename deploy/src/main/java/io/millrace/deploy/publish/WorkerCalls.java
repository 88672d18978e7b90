package io.millrace.deploy.publish;

import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.millrace.client.ClientOptions;
import io.millrace.deploy.cli.ServerRefusal;
import io.millrace.v1.EncoderWorkerGrpc;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** Which worker to ask, and how long to wait for it. */
final class WorkerCalls {
    @Option(
            names = "--worker",
            paramLabel = "HOST:PORT",
            required = true,
            description = "Worker to ask; not the coordinator.")
    private String worker = "";

    @Option(
            names = "--patience",
            paramLabel = "TIME",
            defaultValue = "1h",
            description = "Longest wait for the worker, such as 10m. Default: 1h.")
    private Duration patience = Duration.ofHours(1);

    /**
     * Makes one call.
     *
     * @throws io.millrace.client.MillraceException if the worker refuses it or does not answer
     */
    <T> T call(Function<EncoderWorkerGrpc.EncoderWorkerBlockingStub, T> method) {
        String address = ClientOptions.forServer(worker).target();
        ManagedChannel channel = Grpc.newChannelBuilder(address, InsecureChannelCredentials.create())
                .build();
        try {
            return method.apply(EncoderWorkerGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(patience.toMillis(), TimeUnit.MILLISECONDS));
        } catch (StatusRuntimeException e) {
            throw ServerRefusal.of(e, address);
        } finally {
            channel.shutdownNow();
        }
    }
}
