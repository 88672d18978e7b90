package io.millrace.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.millrace.v1.Collection;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.EncodeRequest;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MillraceClientTest {
    @Test
    void callsEveryMethodOfTheCoordinator() {
        try (FakeCoordinator server = new FakeCoordinator().start();
                MillraceClient client = MillraceClient.connect(server.target())) {
            client.createCollection(
                    CreateCollectionRequest.newBuilder().setName("c").build());
            assertThat(client.listCollections()).extracting(Collection::getName).containsExactly("c");
            assertThat(client.describeCollection("c").getEpoch()).isEqualTo(1);
            assertThat(client.search("c", "nothing here", 3).getHitsList()).isEmpty();
            assertThat(client.encode(EncodeRequest.newBuilder()
                                    .addTexts("one two two")
                                    .build())
                            .getVectors(0)
                            .getTermsList())
                    .containsExactlyInAnyOrder("one", "two");
            client.dropCollection("c");
            assertThat(client.listCollections()).isEmpty();
        }
    }

    @Test
    void givesTheServersStatusAndMessage() {
        try (FakeCoordinator server = new FakeCoordinator().start();
                MillraceClient client = MillraceClient.connect(server.target())) {
            assertThatThrownBy(() -> client.describeCollection("none"))
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.NOT_FOUND))
                    .hasMessage("no collection 'none'");
        }
    }

    @Test
    void namesTheServerThatDoesNotListen() {
        FakeCoordinator server = new FakeCoordinator().start();
        server.close();
        try (MillraceClient client = MillraceClient.connect(server.target())) {
            assertThatThrownBy(client::listCollections)
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.UNAVAILABLE))
                    .hasMessageStartingWith("no answer from " + server.target() + ": ")
                    .hasMessageContaining("refused");
        }
    }

    @Test
    void doesNotWaitForEverForAServerThatNeverAnswers() throws Exception {
        // It accepts connections into its backlog and never speaks.
        try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                MillraceClient client =
                        MillraceClient.connect(ClientOptions.forServer("localhost:" + silent.getLocalPort())
                                .withCallTimeout(Duration.ofMillis(200)))) {
            assertThatThrownBy(client::listCollections)
                    .isInstanceOfSatisfying(
                            MillraceException.class, e -> assertThat(e.code()).isEqualTo(Status.Code.DEADLINE_EXCEEDED))
                    .hasMessageContaining("did not answer in time");
        }
    }

    @Test
    void understandsEveryWayToNameAServer() {
        assertThat(ClientOptions.forServer("h").target()).isEqualTo("h:" + ClientOptions.DEFAULT_PORT);
        assertThat(ClientOptions.forServer("h:1").target()).isEqualTo("h:1");
        assertThat(ClientOptions.forServer(":1").target()).isEqualTo("localhost:1");
        assertThat(ClientOptions.forServer("[::1]:1").host()).isEqualTo("::1");
        assertThat(ClientOptions.forServer("[::1]").target()).isEqualTo("[::1]:" + ClientOptions.DEFAULT_PORT);
        assertThatThrownBy(() -> ClientOptions.forServer("::1")).hasMessageContaining("in brackets");
        assertThatThrownBy(() -> ClientOptions.forServer("h:x")).hasMessageContaining("port number");
        assertThatThrownBy(() -> ClientOptions.forServer("h:70000")).hasMessageContaining("1 to 65535");
        assertThatThrownBy(() -> ClientOptions.forServer("")).hasMessageContaining("empty");
    }

    @Test
    void delaysGrowToTheLongestAndNeverBelowHalf() {
        IngestOptions.Retry retry = IngestOptions.Retry.DEFAULT;
        assertThat(retry.delay(1, 0)).isEqualTo(Duration.ofMillis(100));
        assertThat(retry.delay(3, 0)).isEqualTo(Duration.ofMillis(400));
        assertThat(retry.delay(3, 0.999999)).isBetween(Duration.ofMillis(200), Duration.ofMillis(201));
        assertThat(retry.delay(1_000, 0)).isEqualTo(Duration.ofSeconds(5));
    }
}
