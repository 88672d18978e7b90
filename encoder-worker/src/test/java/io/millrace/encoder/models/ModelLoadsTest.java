package io.millrace.encoder.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.encoder.FakeEncoder;
import io.millrace.encoder.batch.BatchLimits;
import io.millrace.encoder.batch.BatchQueue;
import io.millrace.encoder.batch.EncoderMetrics;
import io.millrace.model.EncoderOptions;
import io.millrace.service.Metrics;
import io.millrace.service.registry.ModelName;
import io.millrace.v1.LoadModelRequest;
import io.millrace.v1.LoadedModel;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ModelLoadsTest {
    private static final String OTHER_SPACE = "cd".repeat(32);

    private final FakeEncoder first = new FakeEncoder();
    private final FakeEncoder second = new FakeEncoder() {
        @Override
        public String spaceId() {
            return OTHER_SPACE;
        }
    };
    private ModelLoads loads;
    private BatchQueue queue;

    @BeforeEach
    void start() throws Exception {
        queue = BatchQueue.start(first, BatchLimits.of(64, 1), new EncoderMetrics(new Metrics()));
        loads = new ModelLoads(
                new ModelSlots(ServedModel.ofFolder(first)),
                queue,
                new ModelSource(new ModelSource.Settings("", Optional.empty(), 1000), EncoderOptions.defaults()));
    }

    @AfterEach
    void stop() {
        queue.close();
        loads.close();
    }

    private void addSecond() throws InterruptedException {
        queue.add(second);
        loads.slots().add(ServedModel.ofFolder(second));
    }

    private static void assertStatus(Status.Code code, String saying, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
                .hasMessageContaining(saying);
    }

    @Test
    void aModelIsFreedOnlyWhenItsLastBatchIsAnswered() throws Exception {
        addSecond();
        ServedModel model = loads.slots().find(OTHER_SPACE).orElseThrow();
        assertThat(model.acquire()).isTrue();
        CompletableFuture<String> unloaded = CompletableFuture.supplyAsync(() -> {
            try {
                return loads.unload(OTHER_SPACE);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        while (loads.slots().find(OTHER_SPACE).isPresent()) {
            Thread.sleep(5);
        }
        assertThat(second.closed()).isFalse();
        // One at a time.
        assertStatus(Status.Code.RESOURCE_EXHAUSTED, "just now", () -> loads.unload(FakeEncoder.SPACE));
        model.release();
        assertThat(unloaded.get(20, TimeUnit.SECONDS)).isEqualTo(FakeEncoder.SPACE);
        assertThat(second.closed()).isTrue();
        assertThat(first.closed()).isFalse();
    }

    @Test
    void theOtherModelBecomesActiveAndTheLastOneStays() throws Exception {
        addSecond();
        assertThat(loads.describe().getModelsList())
                .extracting(LoadedModel::getSpaceId)
                .containsExactly(FakeEncoder.SPACE, OTHER_SPACE);
        assertThat(loads.unload(FakeEncoder.SPACE)).isEqualTo(OTHER_SPACE);
        assertThat(first.closed()).isTrue();
        assertThat(loads.describe().getSpaceId()).isEqualTo(OTHER_SPACE);
        assertStatus(Status.Code.FAILED_PRECONDITION, "only model", () -> loads.unload(OTHER_SPACE));
        assertStatus(Status.Code.NOT_FOUND, "no model of space", () -> loads.unload(FakeEncoder.SPACE));
        assertStatus(Status.Code.NOT_FOUND, "no model of space", () -> loads.unload("x".repeat(10_000)));
    }

    @Test
    void slotsHoldTwoModelsOfTwoSpaces() throws Exception {
        assertThatThrownBy(() -> loads.slots().add(ServedModel.ofFolder(new FakeEncoder())))
                .isInstanceOf(IllegalStateException.class);
        addSecond();
        assertThatThrownBy(() -> loads.slots().add(ServedModel.ofFolder(second)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aLoadNamesWhatIsWrongWithTheCall() {
        assertStatus(
                Status.Code.INVALID_ARGUMENT,
                "started without --coordinator",
                () -> loads.load(LoadModelRequest.newBuilder()
                        .setModel(ModelName.parse("tiny").reference())
                        .build()));
        assertStatus(Status.Code.INVALID_ARGUMENT, "model", () -> loads.load(LoadModelRequest.getDefaultInstance()));
    }
}
