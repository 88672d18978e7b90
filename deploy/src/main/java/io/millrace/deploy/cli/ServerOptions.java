package io.millrace.deploy.cli;

import io.millrace.client.ClientOptions;
import io.millrace.client.MillraceClient;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Which coordinator to ask, and how long to wait for it. */
public final class ServerOptions {
    @Option(
            names = "--server",
            paramLabel = "HOST:PORT",
            defaultValue = "${env:MILLRACE_SERVER:-localhost:" + ClientOptions.DEFAULT_PORT + "}",
            description = "Coordinator to ask. Default: $MILLRACE_SERVER, else localhost:" + ClientOptions.DEFAULT_PORT
                    + ", where `serve` and `quickstart` listen.")
    private String server = "localhost:" + ClientOptions.DEFAULT_PORT;

    @Option(
            names = "--timeout",
            paramLabel = "TIME",
            description = "Longest wait for an answer, such as 500ms, 10s or 2m. Default: 30s.")
    private Duration timeout = Duration.ofSeconds(30);

    /** A client with these options; the caller closes it. */
    public MillraceClient connect() {
        return MillraceClient.connect(ClientOptions.forServer(server).withCallTimeout(timeout));
    }

    /** {@code host:port} of the coordinator, for calls that the client does not have. */
    public String address() {
        return ClientOptions.forServer(server).target();
    }
}
