package io.millrace.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.DescribeHybridSpaceRequest;
import io.millrace.v1.DescribeModelRequest;
import io.millrace.v1.EncodeBatch;
import io.millrace.v1.EncodedBatch;
import io.millrace.v1.EncoderWorkerGrpc;
import io.millrace.v1.EncoderWorkerGrpc.EncoderWorkerBlockingStub;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.HybridSettings;
import io.millrace.v1.HybridSpaceDescription;
import io.millrace.v1.TextRole;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One worker serves its model's own space and every hybrid space of it, batch by batch. */
@Timeout(60)
class HybridBatchTest {
    private static final String TEXT = "earthquakes and the study of an earthquake";

    private EncoderWorker worker;
    private ManagedChannel channel;

    @BeforeEach
    void start() {
        // Queries from a table, documents through the queue: both ways lead to lexical terms.
        worker = Workers.start(new FakeEncoder((texts, role) -> {}, 1, Set.of(io.millrace.model.TextRole.QUERY)));
        channel = EncodeClient.channel(worker.port());
    }

    @AfterEach
    void stop() {
        channel.shutdownNow();
        worker.close();
    }

    private EncoderWorkerBlockingStub call() {
        return EncoderWorkerGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static DescribeHybridSpaceRequest.Builder asked() {
        return DescribeHybridSpaceRequest.newBuilder().setModelSpaceId(FakeEncoder.SPACE);
    }

    private static SparseVector vector(EncodedBatch batch) {
        return VectorBlockCodec.decode(
                        batch.getVectors().getPayload().toByteArray(),
                        batch.getVectors().getCount(),
                        batch.getVectors().getCrc32C())
                .getFirst();
    }

    private static EncodeBatch.Builder batch(HybridSpaceDescription space, TextRole role) {
        return EncodeClient.batch(1, List.of(TEXT))
                .setRole(role)
                .setSpaceId(space.getSpaceId())
                .setModelSpaceId(FakeEncoder.SPACE)
                .setHybrid(space.getSettings());
    }

    @Test
    void givesBothKindsOfTermsAndTheModelsAloneToWhoeverAsks() throws Exception {
        HybridSpaceDescription space = call().describeHybridSpace(asked().addSampleTexts("three short words")
                .setChoice(HybridChoice.newBuilder().setMixingWeight(1.5))
                .build());
        assertThat(call().describeModel(DescribeModelRequest.getDefaultInstance())
                        .getHybrid())
                .isTrue();
        try (EncodeClient client = EncodeClient.open(worker.port())) {
            client.send(EncodeClient.batch(1, List.of(TEXT)));
            EncodedBatch learned = client.encoded();
            assertThat(learned.getSpaceId()).isEqualTo(FakeEncoder.SPACE);
            for (TextRole role : List.of(TextRole.TEXT_ROLE_DOCUMENT, TextRole.TEXT_ROLE_QUERY)) {
                client.send(batch(space, role).setIncludeTerms(true));
                EncodedBatch both = client.encoded();
                assertThat(both.getSpaceId()).isEqualTo(space.getSpaceId()).isNotEqualTo(FakeEncoder.SPACE);
                int own = vector(learned).size();
                assertThat(vector(both).size()).isEqualTo(own + 2);
                assertThat(both.getTermsList().subList(own, own + 2)).containsExactlyInAnyOrder("earthquak", "studi");
                int place = both.getTermsList().indexOf("earthquak");
                // Three terms of which the average document has three.
                assertThat(vector(both).weights()[place])
                        .isCloseTo(
                                role == TextRole.TEXT_ROLE_QUERY ? 2f : (float) (1.5 * 2 * 2.2 / 3.2), within(1e-6f));
                assertThat(Integer.compareUnsigned(vector(both).ids()[own], FakeEncoder.VOCABULARY))
                        .isNotNegative();
            }
        }
    }

    @Test
    void fillsInWhatIsNotChosen() {
        HybridSettings usual = call().describeHybridSpace(asked().build()).getSettings();
        assertThat(usual.getK1()).isEqualTo(1.2);
        assertThat(usual.getB()).isEqualTo(.75);
        assertThat(usual.getMixingWeight()).isEqualTo(0.75);
        assertThat(usual.getAverageLength()).isEqualTo(100);
        assertThat(usual.getFirstId()).isEqualTo(FakeEncoder.VOCABULARY);
        HybridSettings chosen = call().describeHybridSpace(asked().addSampleTexts("two words")
                        .setChoice(HybridChoice.newBuilder()
                                .setK1(0)
                                .setB(0)
                                .setAverageLength(7)
                                .setMixingWeight(.5))
                        .build())
                .getSettings();
        assertThat(List.of(chosen.getK1(), chosen.getB(), chosen.getAverageLength(), chosen.getMixingWeight()))
                .containsExactly(0., 0., 7., .5);
    }

    @Test
    void refusesWhatItCannotServeWithAReason() throws Exception {
        refused(asked().setModelSpaceId("cd".repeat(32)), Status.Code.FAILED_PRECONDITION, "this worker serves");
        refused(asked().setChoice(HybridChoice.newBuilder().setB(1.5)), Status.Code.INVALID_ARGUMENT, "b from 0 to 1");
        refused(
                asked().setChoice(HybridChoice.newBuilder().setMixingWeight(Double.NaN)),
                Status.Code.INVALID_ARGUMENT,
                "mixing_weight is NaN");
        refused(
                asked().addAllSampleTexts(Collections.nCopies(1_025, "text")),
                Status.Code.INVALID_ARGUMENT,
                "send 1024 at most");
        HybridSpaceDescription space = call().describeHybridSpace(asked().build());
        try (EncodeClient client = EncodeClient.open(worker.port())) {
            failed(client, space, s -> s.setAnalyzer("english/lucene-3"), 9, "english/lucene-3");
            failed(client, space, s -> s.setIdRule("other"), 9, "id rule 'other'");
            failed(client, space, s -> s.setFirstId(-1), 9, "4294967295");
            failed(client, space, s -> s.setMixingWeight(-1), 3, "mixing_weight is -1.0");
            // Other weights are another space.
            failed(client, space, s -> s.setMixingWeight(2), 9, "this worker serves");
            client.send(batch(space, TextRole.TEXT_ROLE_DOCUMENT).setModelSpaceId("cd".repeat(32)));
            assertThat(client.failure().getError().getCode()).isEqualTo(9);
            client.send(batch(space, TextRole.TEXT_ROLE_DOCUMENT).clearHybrid());
            assertThat(client.failure().getError().getCode()).isEqualTo(9);
        }
    }

    private void refused(DescribeHybridSpaceRequest.Builder request, Status.Code code, String reason) {
        assertThatThrownBy(() -> call().describeHybridSpace(request.build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(reason);
    }

    private static void failed(
            EncodeClient client,
            HybridSpaceDescription space,
            UnaryOperator<HybridSettings.Builder> spoil,
            int code,
            String reason)
            throws InterruptedException {
        HybridSettings spoilt = spoil.apply(space.getSettings().toBuilder()).build();
        client.send(batch(space, TextRole.TEXT_ROLE_DOCUMENT).setHybrid(spoilt));
        var error = client.failure().getError();
        assertThat(error.getCode()).isEqualTo(code);
        assertThat(error.getMessage()).contains(reason);
    }
}
