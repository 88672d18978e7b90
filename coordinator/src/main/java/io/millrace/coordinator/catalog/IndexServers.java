package io.millrace.coordinator.catalog;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.millrace.service.Refusals;
import io.millrace.service.ServerSettings;
import io.millrace.v1.IndexServerGrpc;
import io.millrace.v1.IndexServerGrpc.IndexServerBlockingStub;
import io.millrace.v1.IndexServerGrpc.IndexServerFutureStub;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Channels to the index servers, by their position in the configured list. The position, not the address, is what the
 * catalog remembers, so a server may come back elsewhere. Safe for any thread.
 */
public final class IndexServers implements AutoCloseable {
    private final List<String> addresses;
    private final List<ManagedChannel> channels = new ArrayList<>();

    /** Prepares a channel for each address; nothing is dialled yet. */
    public IndexServers(List<String> addresses) {
        this.addresses = List.copyOf(addresses);
        for (String address : addresses) {
            channels.add(open(address));
        }
    }

    /** A channel that notices a dead peer within seconds and dials again by itself. */
    public static ManagedChannel open(String address) {
        return NettyChannelBuilder.forTarget("dns:///" + address)
                .usePlaintext()
                .keepAliveTime(10, TimeUnit.SECONDS)
                .keepAliveTimeout(5, TimeUnit.SECONDS)
                .keepAliveWithoutCalls(true)
                .maxInboundMessageSize(ServerSettings.DEFAULT_MAX_MESSAGE_BYTES)
                .build();
    }

    /** Number of servers. */
    public int size() {
        return addresses.size();
    }

    /** Address of a server. */
    public String address(int server) {
        requireKnown(server);
        return addresses.get(server);
    }

    /** A stub for one call that must end within {@code timeout}. */
    public IndexServerBlockingStub blocking(int server, Duration timeout) {
        requireKnown(server);
        return IndexServerGrpc.newBlockingStub(channels.get(server))
                .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** An asynchronous stub for one call that must end within {@code timeout}. */
    public IndexServerFutureStub future(int server, Duration timeout) {
        requireKnown(server);
        return IndexServerGrpc.newFutureStub(channels.get(server))
                .withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Skips the dialling back-off of a server that was just seen to fail, so that its return is noticed soon. */
    public void dialAgain(int server) {
        channels.get(server).resetConnectBackoff();
    }

    private void requireKnown(int server) {
        if (server < 0 || server >= addresses.size()) {
            throw Refusals.failedPrecondition("the collection has a shard on index server " + server
                    + ", but this coordinator was given only " + addresses.size()
                    + " (--index-servers); give it the whole list in the same order as before");
        }
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
