package io.millrace.coordinator.registry;

import static io.millrace.coordinator.registry.RegistryServer.blob;
import static io.millrace.coordinator.registry.RegistryServer.chunk;
import static io.millrace.coordinator.registry.RegistryServer.header;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.RetryInfo;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.BlockingClientCall;
import io.millrace.service.blob.BlobLimits;
import io.millrace.v1.BlobId;
import io.millrace.v1.MissingBlob;
import io.millrace.v1.PushBlobRequest;
import io.millrace.v1.PushBlobResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PushBlobTest {
    @TempDir
    private Path folder;

    private RegistryServer server;

    @BeforeEach
    void start() {
        server = new RegistryServer(folder);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static byte[] bytes(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private Status refusal(PushBlobRequest... messages) throws InterruptedException {
        BlockingClientCall<PushBlobRequest, PushBlobResponse> call = server.push();
        try {
            for (PushBlobRequest message : messages) {
                call.write(message);
            }
            call.halfClose();
            return call.read() == null ? Status.UNKNOWN : Status.OK;
        } catch (StatusException e) {
            return e.getStatus();
        }
    }

    private void assertRefused(String saying, PushBlobRequest... messages) throws Exception {
        Status status = refusal(messages);
        assertThat(status.getCode()).as(saying).isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(status.getDescription()).contains(saying);
        assertThat(server.count("drafts")).isZero();
        assertThat(server.count("blobs")).isZero();
    }

    @Test
    void aFileInChunksIsStoredAndNotTakenTwice() throws Exception {
        byte[] bytes = bytes(1, 3_000_000);
        assertThat(server.push(bytes)).isEqualTo(blob(bytes));
        assertThat(server.file(bytes)).hasBinaryContent(bytes);
        // Answered at once, whatever else was sent.
        assertThat(server.push(bytes)).isEqualTo(blob(bytes));
        assertThat(server.push(new byte[0])).isEqualTo(blob(new byte[0]));
        assertThat(server.missing(bytes, new byte[0], bytes(2, 5)).getMissingList())
                .containsExactly(MissingBlob.newBuilder()
                        .setSha256(blob(bytes(2, 5)).getSha256())
                        .build());
    }

    @Test
    void hostileStreamsAreRefusedAndLeaveNothing() throws Exception {
        byte[] bytes = bytes(1, 1000);
        BlobId id = blob(bytes);
        byte[] wrong = bytes.clone();
        wrong[999] ^= 1;
        assertRefused("were announced as", header(id, 0), chunk(wrong, 0, 1000));
        assertRefused("only 999 of 1000", header(id, 0), chunk(bytes, 0, 999));
        assertRefused("only 0 of 1000", header(id, 0));
        assertRefused("1001 bytes came", header(id, 0), chunk(bytes, 0, 1000), chunk(bytes, 0, 1));
        assertRefused("before the header", chunk(bytes, 0, 1000));
        assertRefused("came twice", header(id, 0), header(id, 0));
        assertRefused("has 0 bytes", header(id, 0), chunk(bytes, 0, 0));
        assertRefused("the offset is 1", header(id, 1));
        assertRefused("the offset is -1", header(id, -1));
        assertRefused("is not set", PushBlobRequest.getDefaultInstance());
        assertRefused("is missing");
        assertRefused(
                "SHA-256",
                header(BlobId.newBuilder().setSha256("../../x").setSizeBytes(1).build(), 0));
        byte[] large = new byte[(1 << 20) + 1];
        assertRefused("has 1048577 bytes", header(blob(large), 0), chunk(large, 0, large.length));
        server.push(bytes);
    }

    @Test
    void announcedSizesBeyondTheLimitsAreRefusedBeforeAByteIsTaken() throws Exception {
        for (long size : List.of(-1L, Long.MAX_VALUE, (8L << 20) + 1)) {
            Status status = refusal(
                    header(blob(bytes(1, 10)).toBuilder().setSizeBytes(size).build(), 0));
            assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(status.getDescription()).contains("larger than the limit of 8388608 bytes");
        }
        server.push(bytes(2, 8 << 20));
        server.push(bytes(3, 7 << 20));
        Status full = refusal(header(blob(bytes(4, 2 << 20)), 0));
        assertThat(full.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(full.getDescription()).contains("there is no room for 2097152 bytes");
        server.push(bytes(5, 1 << 20));
    }

    @Test
    void aBrokenPushIsResumedWhereItBroke() throws Exception {
        byte[] bytes = bytes(1, 1_000_000);
        BlockingClientCall<PushBlobRequest, PushBlobResponse> broken = server.push();
        broken.write(header(blob(bytes), 0));
        broken.write(chunk(bytes, 0, 400_000));
        while (received(bytes) < 400_000) {
            Thread.sleep(10);
        }
        // While it is open, nobody else writes it.
        Status busy = refusal(header(blob(bytes), 400_000));
        assertThat(busy.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        broken.cancel("gone", null);
        Status resumed = Status.UNAVAILABLE;
        while (resumed.getCode() == Status.Code.UNAVAILABLE) { // until the server has noticed
            resumed = refusal(header(blob(bytes), 400_000), chunk(bytes, 400_000, 1_000_000));
        }
        assertThat(resumed).isEqualTo(Status.OK);
        assertThat(server.file(bytes)).hasBinaryContent(bytes);
        assertThat(server.count("drafts")).isZero();
    }

    private long received(byte[] bytes) {
        List<MissingBlob> missing = server.missing(bytes).getMissingList();
        return missing.isEmpty() ? Long.MAX_VALUE : missing.getFirst().getReceivedBytes();
    }

    @Test
    void aDraftWithOtherBytesIsFoundOutAndBegunAnew() throws Exception {
        byte[] bytes = bytes(1, 1000);
        BlockingClientCall<PushBlobRequest, PushBlobResponse> broken = server.push();
        broken.write(header(blob(bytes), 0));
        broken.write(chunk(bytes(2, 600), 0, 600));
        while (received(bytes) < 600) {
            Thread.sleep(10);
        }
        broken.cancel("gone", null);
        Status resumed = Status.UNAVAILABLE;
        while (resumed.getCode() == Status.Code.UNAVAILABLE) {
            resumed = refusal(header(blob(bytes), 600), chunk(bytes, 600, 1000));
        }
        assertThat(resumed.getCode()).isEqualTo(Status.Code.ABORTED); // worth another try, from the start
        assertThat(received(bytes)).isZero();
        server.push(bytes);
    }

    @Test
    void pushesBeyondTheLimitAreToldWhenToComeBack() throws Exception {
        BlockingClientCall<PushBlobRequest, PushBlobResponse> first = server.push();
        BlockingClientCall<PushBlobRequest, PushBlobResponse> second = server.push();
        first.write(header(blob(bytes(1, 10)), 0));
        second.write(header(blob(bytes(2, 10)), 0));
        while (server.count("drafts") < 2) {
            Thread.sleep(10);
        }
        BlockingClientCall<PushBlobRequest, PushBlobResponse> third = server.push();
        try {
            third.write(header(blob(bytes(3, 10)), 0));
            third.read();
            throw new AssertionError("not refused");
        } catch (StatusException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
            assertThat(java.util.Objects.requireNonNull(StatusProto.fromThrowable(e))
                            .getDetails(0)
                            .is(RetryInfo.class))
                    .isTrue();
        }
        first.write(chunk(bytes(1, 10), 0, 10));
        first.halfClose();
        assertThat(first.read()).isNotNull();
        server.push(bytes(3, 10));
        second.cancel("over", null);
    }

    @Test
    void anIdlePushIsEndedAndItsPlaceGivenBack() throws Exception {
        server.close();
        server = new RegistryServer(
                folder,
                new RegistryLimits(new BlobLimits(1000, 1000, 0), 1, Duration.ofHours(1), Duration.ofMillis(1)));
        BlockingClientCall<PushBlobRequest, PushBlobResponse> idle = server.push();
        idle.write(header(blob(bytes(1, 10)), 0));
        idle.write(chunk(bytes(1, 10), 0, 4));
        try {
            idle.read();
            throw new AssertionError("not ended");
        } catch (StatusException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        }
        assertThat(received(bytes(1, 10))).isEqualTo(4);
        assertThat(refusal(header(blob(bytes(1, 10)), 4), chunk(bytes(1, 10), 4, 10)))
                .isEqualTo(Status.OK);
        assertThat(Arrays.equals(bytes(1, 10), java.nio.file.Files.readAllBytes(server.file(bytes(1, 10)))))
                .isTrue();
    }
}
