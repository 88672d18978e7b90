package io.millrace.deploy.publish;

import io.grpc.StatusRuntimeException;
import io.millrace.deploy.cli.ServerOptions;
import io.millrace.deploy.cli.ServerRefusal;
import io.millrace.service.registry.RegistryClient;
import io.millrace.v1.ModelRegistryGrpc;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A connection of a command to the registry; what fails there ends the command with one sentence. */
final class RegistryCalls implements AutoCloseable {
    private static final long CALL_SECONDS = 30;

    private final RegistryClient client;

    RegistryCalls(ServerOptions server) {
        this.client = RegistryClient.connect(server.address());
    }

    /** Work with a registry. */
    interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    RegistryClient client() {
        return client;
    }

    ModelRegistryGrpc.ModelRegistryBlockingStub stub() {
        return ModelRegistryGrpc.newBlockingStub(client.channel()).withDeadlineAfter(CALL_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Runs work.
     *
     * @throws io.millrace.client.MillraceException if the registry refuses it or does not answer
     */
    <T> T call(Work<T> work) throws IOException, InterruptedException {
        try {
            return work.run();
        } catch (StatusRuntimeException e) {
            throw ServerRefusal.of(e, client.address());
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
