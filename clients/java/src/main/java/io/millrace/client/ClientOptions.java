package io.millrace.client;

import java.time.Duration;

/**
 * How to reach a coordinator.
 *
 * @param host host name or address, without brackets
 * @param port port, 1 to 65,535
 * @param callTimeout deadline of every blocking call, and of opening an ingest stream
 * @param maxMessageBytes largest message accepted or sent, bytes
 */
public record ClientOptions(String host, int port, Duration callTimeout, int maxMessageBytes) {
    /** Port a coordinator listens on unless told otherwise. */
    public static final int DEFAULT_PORT = 7300;

    private static final Duration DEFAULT_CALL_TIMEOUT = Duration.ofSeconds(30);
    /** 10,000 hits with their texts can pass gRPC's default of 4 MiB. */
    private static final int DEFAULT_MAX_MESSAGE_BYTES = 64 << 20;

    /**
     * Checks the values.
     *
     * @throws IllegalArgumentException if the host is empty, or a number is out of range
     */
    public ClientOptions {
        if (host.isEmpty()) {
            throw new IllegalArgumentException("the host is empty; give host:port, such as localhost:" + DEFAULT_PORT);
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("the port is " + port + "; it must be 1 to 65535");
        }
        if (callTimeout.isNegative() || callTimeout.isZero()) {
            throw new IllegalArgumentException("the call timeout is " + callTimeout + "; it must be above 0");
        }
        if (maxMessageBytes < 1) {
            throw new IllegalArgumentException("the largest message is " + maxMessageBytes + " bytes; give 1 or more");
        }
    }

    /**
     * Options with the defaults for a server.
     *
     * @param server {@code host}, {@code host:port}, {@code :port} (on this machine) or {@code [ipv6]:port}
     * @throws IllegalArgumentException if it is none of these
     */
    public static ClientOptions forServer(String server) {
        int bracket = server.lastIndexOf(']');
        int colon = server.indexOf(':', Math.max(0, bracket));
        if (bracket < 0 && colon != server.lastIndexOf(':')) {
            throw new IllegalArgumentException("'" + server
                    + "' has several colons; write an IPv6 address in brackets, such as [::1]:" + DEFAULT_PORT);
        }
        String host = colon < 0 ? server : server.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        int port = DEFAULT_PORT;
        if (colon >= 0) {
            try {
                port = Integer.parseInt(server.substring(colon + 1));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "'" + server + "' does not end in a port number; give host:port, such as localhost:"
                                + DEFAULT_PORT,
                        e);
            }
            host = host.isEmpty() ? "localhost" : host;
        }
        return new ClientOptions(host, port, DEFAULT_CALL_TIMEOUT, DEFAULT_MAX_MESSAGE_BYTES);
    }

    /** The same with another deadline. */
    public ClientOptions withCallTimeout(Duration timeout) {
        return new ClientOptions(host, port, timeout, maxMessageBytes);
    }

    /** The server as messages name it, {@code host:port}. */
    public String target() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
