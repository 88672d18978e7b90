package io.millrace.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.service.Refusals;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.PublishModelResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ModelPublisherTest {
    private static StatusRuntimeException gone() {
        return Status.UNAVAILABLE.asRuntimeException();
    }

    private final FakeRegistry registry = new FakeRegistry();
    private final List<Long> progress = new ArrayList<>();

    @AfterEach
    void close() {
        registry.close();
    }

    private static PreparedModel model(int... sizes) {
        List<LocalFile> files = new ArrayList<>();
        ModelManifest.Builder manifest = ModelManifest.newBuilder().setName("tiny");
        for (int size : sizes) {
            byte[] bytes = new byte[size];
            new Random(size).nextBytes(bytes);
            files.add(LocalFile.of("f" + files.size(), bytes));
            manifest.addFiles(files.getLast().entry());
        }
        return new PreparedModel(manifest.build(), files, List.of());
    }

    private PublishModelResponse publish(PreparedModel model) throws Exception {
        return new ModelPublisher(registry.client, (path, sent, total) -> {
                    assertThat(sent).isLessThanOrEqualTo(total);
                    progress.add(sent);
                })
                .publish(model);
    }

    @Test
    void filesAreSentOnceAndNeverAgain() throws Exception {
        PreparedModel model = model(1_000_000, 0, 77, 77);
        assertThat(publish(model).getCreated()).isTrue();
        for (LocalFile file : model.files()) {
            assertThat(registry.blob(file.blob()))
                    .isEqualTo(file.content().open().readAllBytes());
        }
        assertThat(registry.offsets()).hasSize(3); // two are the same
        assertThat(progress).isSorted().last().isEqualTo(1_000_077L);
        assertThat(publish(model).getCreated()).isFalse();
        assertThat(registry.offsets()).hasSize(3);
    }

    @Test
    void aPushThatBreaksOffGoesOnFromWhatHasArrived() throws Exception {
        PreparedModel model = model(1_000_000);
        registry.failNext(gone(), gone());
        assertThat(publish(model).getCreated()).isTrue();
        assertThat(registry.offsets()).containsExactly(0L, 256L << 10, 512L << 10);
        assertThat(registry.blob(model.files().getFirst().blob()))
                .isEqualTo(model.files().getFirst().content().open().readAllBytes());
    }

    @Test
    void anOverloadedRegistryIsAskedAgainWhenItSaysSo() throws Exception {
        registry.failNext(Refusals.overloaded("too many pushes", Duration.ofMillis(20)));
        assertThat(publish(model(100)).getCreated()).isTrue();
    }

    @Test
    void whatDoesNotPassByItselfEndsThePushAtOnce() {
        registry.failNext(Status.RESOURCE_EXHAUSTED.withDescription("no room").asRuntimeException());
        assertThatThrownBy(() -> publish(model(100))).hasMessageContaining("no room");
        assertThat(registry.offsets()).hasSize(1);
        assertThat(registry.published()).isZero();
    }

    @Test
    void aRegistryThatLosesWhatWasPushedIsGivenUp() {
        registry.forget();
        assertThatThrownBy(() -> publish(model(100)))
                .hasMessageContaining("loses files that were pushed")
                .isInstanceOf(StatusRuntimeException.class);
        assertThat(registry.offsets().size()).isLessThan(20);
    }
}
