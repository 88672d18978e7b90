package io.millrace.service;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What every server can be told.
 *
 * @param host address to listen on
 * @param port gRPC port; 0 = any free one
 * @param metricsPort HTTP port for {@code /metrics} and {@code /healthz}; 0 = any free one, -1 = none
 * @param tls certificate chain and private key; empty = plain text
 * @param maxMessageBytes largest gRPC message accepted
 * @param shutdownGrace how long calls in flight may take to finish at shutdown
 */
public record ServerSettings(
        String host, int port, int metricsPort, Optional<Tls> tls, int maxMessageBytes, Duration shutdownGrace) {
    /** Largest message by default, bytes. */
    public static final int DEFAULT_MAX_MESSAGE_BYTES = 40 << 20;

    /**
     * PEM files of the server's identity.
     *
     * @param certificateChain X.509 chain
     * @param privateKey PKCS #8 key
     */
    public record Tls(Path certificateChain, Path privateKey) {}

    /** Checks the ranges. */
    public ServerSettings {
        if (port < 0 || port > 65_535 || metricsPort < -1 || metricsPort > 65_535) {
            throw new IllegalArgumentException("port " + port + " or metrics port " + metricsPort
                    + " is out of range; use 0 to 65535 (metrics: -1 = none)");
        }
    }

    /** A server on loopback at any free port, without metrics over HTTP: what tests and the local cluster use. */
    public static ServerSettings loopback() {
        return loopback(0);
    }

    /** A server on loopback at a port, without metrics over HTTP. */
    public static ServerSettings loopback(int port) {
        return of("127.0.0.1", port, -1);
    }

    /** A plain-text server with the usual limits. */
    public static ServerSettings of(String host, int port, int metricsPort) {
        return new ServerSettings(
                host, port, metricsPort, Optional.empty(), DEFAULT_MAX_MESSAGE_BYTES, Duration.ofSeconds(10));
    }
}
