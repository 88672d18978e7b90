package io.millrace.encoder;

import static io.millrace.v1.TextRole.TEXT_ROLE_UNSPECIFIED;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.millrace.model.TextRole;
import io.millrace.model.TokenizedText;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodeFailure;
import io.millrace.v1.EncoderWorkerGrpc;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RefusedBatchTest {
    private final FakeEncoder encoder = new FakeEncoder();
    private EncoderWorker worker;
    private EncodeClient client;

    @BeforeEach
    void start() {
        worker = Workers.start(encoder);
        client = EncodeClient.open(worker.port());
    }

    @AfterEach
    void stop() {
        client.close();
        worker.close();
    }

    private EncodeFailure refused(EncodeBatch.Builder batch) throws InterruptedException {
        client.send(batch);
        EncodeFailure failure = client.failure();
        assertThat(failure.getBatchId()).isEqualTo(batch.getBatchId());
        return failure;
    }

    @Test
    void aWrongSpaceIsRefusedNamingBoth() throws Exception {
        String other = "cd".repeat(32);
        EncodeFailure failure = refused(EncodeClient.batch(9, List.of("a")).setSpaceId(other));
        assertThat(failure.getError().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION.value());
        assertThat(failure.getError().getMessage()).contains(other).contains(FakeEncoder.SPACE);
        assertThat(failure.getError().getField()).isEqualTo("space_id");
        assertThat(refused(EncodeClient.batch(9, List.of("a")).setSpaceId(""))
                        .getError()
                        .getCode())
                .isEqualTo(Status.Code.FAILED_PRECONDITION.value());
    }

    @Test
    void malformedBatchesAreRefusedNamingTheFieldAndTheStreamGoesOn() throws Exception {
        assertInvalid(EncodeClient.batch(1, List.of("a")).setRole(TEXT_ROLE_UNSPECIFIED), "role", "is 0");
        assertInvalid(EncodeClient.batch(2, List.of("a")).setRoleValue(7), "role", "is 7");
        assertInvalid(EncodeClient.batch(3, List.of()), "texts", "has 0 texts; send 1 to 1024");
        assertInvalid(EncodeClient.batch(4, Texts.ofWords(1025, 1)), "texts", "has 1025 texts");
        String umlauts = "ü".repeat(262_145);
        assertInvalid(EncodeClient.batch(5, List.of("a", umlauts)), "texts[1]", "is 524290 bytes");
        assertInvalid(EncodeBatch.newBuilder(), "role", "is 0");
        for (long id = 10; id < 30; id++) { // refusals cost no credit in the end
            client.send(EncodeClient.batch(id, List.of("a", "")));
            assertThat(client.encoded().getBatchId()).isEqualTo(id);
        }
        client.awaitCredit(4);
        Scrape.awaitValue(worker, "millrace_encoder_refusals_total{status=\"INVALID_ARGUMENT\",}", 6);
    }

    private void assertInvalid(EncodeBatch.Builder batch, String field, String message) throws InterruptedException {
        EncodeFailure failure = refused(batch);
        assertThat(failure.getError().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
        assertThat(failure.getError().getField()).isEqualTo(field);
        assertThat(failure.getError().getMessage()).startsWith(field + ": ").contains(message);
    }

    @Test
    void theLargestBatchAndTextAllowedAreEncoded() throws Exception {
        client.send(EncodeClient.batch(1, Texts.ofWords(1024, 2)));
        assertThat(client.encoded().getVectors().getCount()).isEqualTo(1024);
        client.send(EncodeClient.batch(2, List.of("x ".repeat(262_144))));
        assertThat(client.encoded().getTruncatedTokens(0)).isEqualTo(262_145 - 512);
    }

    @Test
    void aBatchThatTheTokenizerChokesOnFailsAlone() throws Exception {
        FakeEncoder choking = new FakeEncoder() {
            @Override
            public List<TokenizedText> tokenize(List<String> texts, TextRole role) {
                if (texts.contains("poison")) {
                    throw new IllegalStateException("bad normalizer");
                }
                return texts.contains("lost") ? List.of() : super.tokenize(texts, role);
            }
        };
        try (EncoderWorker other = Workers.start(choking);
                EncodeClient stream = EncodeClient.open(other.port())) {
            stream.send(EncodeClient.batch(1, List.of("a", "poison")));
            assertThat(stream.failure().getError().getMessage()).contains("bad normalizer");
            stream.send(EncodeClient.batch(2, List.of("lost")));
            assertThat(stream.failure().getError().getMessage()).contains("gave 0 texts for 1");
            stream.send(EncodeClient.batch(3, List.of("a")));
            assertThat(stream.encoded().getBatchId()).isEqualTo(3);
            stream.awaitCredit(4);
            Scrape.awaitValue(other, "millrace_encoder_queued_bytes", 0);
        }
    }

    @Test
    void bytesThatAreNoMessageEndTheirStreamOnly() throws Exception {
        ManagedChannel channel = EncodeClient.channel(worker.port());
        for (byte[] garbage : List.of(
                new byte[] {(byte) 0xFF, 1, 2, 3},
                new byte[] {0x22, 0x7F, 'a'}, // texts: 127 bytes announced, 1 sent
                new byte[] {0x22, 0x02, (byte) 0xC3, (byte) 0x28})) { // texts: not UTF-8
            assertThat(sendRaw(channel, garbage).getCode()).isNotEqualTo(Status.Code.OK);
        }
        channel.shutdownNow();
        client.send(EncodeClient.batch(1, List.of("a")));
        assertThat(client.encoded().getBatchId()).isEqualTo(1);
        Scrape.awaitValue(worker, "millrace_encoder_streams", 1);
    }

    private static Status sendRaw(ManagedChannel channel, byte[] message) throws Exception {
        MethodDescriptor.Marshaller<InputStream> bytes = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(InputStream value) {
                return value;
            }

            @Override
            public InputStream parse(InputStream stream) {
                return stream;
            }
        };
        CompletableFuture<Status> end = new CompletableFuture<>();
        ClientCall<InputStream, InputStream> call = channel.newCall(
                EncoderWorkerGrpc.getEncodeMethod().toBuilder(bytes, bytes).build(),
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        end.complete(status);
                    }
                },
                new Metadata());
        call.request(100);
        call.sendMessage(new ByteArrayInputStream(message));
        Status status = end.get(25, TimeUnit.SECONDS);
        assertThat(status.getCode()).isNotEqualTo(Status.Code.DEADLINE_EXCEEDED);
        return status;
    }
}
