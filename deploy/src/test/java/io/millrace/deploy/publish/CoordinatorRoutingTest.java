package io.millrace.deploy.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodeResponse;
import io.millrace.v1.SpaceKind;
import io.millrace.v1.TextRole;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A coordinator notices which models its workers have loaded meanwhile. */
@Timeout(120)
class CoordinatorRoutingTest {
    @TempDir
    private Path folder;

    private static EncodeResponse encode(MillraceClient client, String space) {
        return client.encode(EncodeRequest.newBuilder()
                .addTexts("the mill race turns the water wheel")
                .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                .setSpaceId(space)
                .build());
    }

    @Test
    void batchesGoToWhicheverModelOfAWorkerIsOfTheirSpace() throws Exception {
        Path pruned = RegistryCluster.pruned(folder, 8);
        try (LocalCluster cluster = LocalCluster.start(new LocalClusterOptions(
                        folder.resolve("data"), ModelChoice.of(RegistryCluster.SPLADE_TINY), 0, 1, 1));
                MillraceClient client = MillraceClient.connect(cluster.address())) {
            String own = client.createCollection(CreateCollectionRequest.newBuilder()
                            .setSpace(SpaceKind.SPACE_KIND_LEARNED)
                            .setName("before")
                            .build())
                    .getSpaceId();
            assertThat(CommandRun.of(
                                    "model",
                                    "push",
                                    pruned.toString(),
                                    "--name",
                                    "pruned",
                                    "--server",
                                    cluster.address())
                            .code())
                    .isEqualTo(ExitCode.OK);
            String worker = cluster.members().stream()
                    .filter(member -> member.role().equals("encoder-worker"))
                    .findFirst()
                    .orElseThrow()
                    .address();
            String incoming = CommandRun.of(
                            "model", "load", "pruned", "--worker", worker, "--server", cluster.address(), "-o", "json")
                    .json()
                    .path("spaceId")
                    .asText();
            awaitSaid(client, "and splade-tiny, space " + incoming);
            assertThat(encode(client, incoming).getVectors(0).getVector().getIdsCount())
                    .isEqualTo(8);
            assertThat(encode(client, own).getVectors(0).getVector().getIdsCount())
                    .isGreaterThan(8);
            assertThat(client.createCollection(CreateCollectionRequest.newBuilder()
                                    .setSpace(SpaceKind.SPACE_KIND_LEARNED)
                                    .setName("meanwhile")
                                    .build())
                            .getSpaceId())
                    .isEqualTo(own);

            assertThat(CommandRun.of("model", "unload", own, "--worker", worker).code())
                    .isEqualTo(ExitCode.OK);
            assertThatThrownBy(() -> encode(client, own))
                    .isInstanceOfSatisfying(
                            MillraceException.class,
                            e -> assertThat(e.code()).isEqualTo(Status.Code.FAILED_PRECONDITION))
                    .hasMessageContaining("[" + incoming + "]");
            assertThat(encode(client, incoming).getVectors(0).getVector().getIdsCount())
                    .isEqualTo(8);
            assertThat(client.createCollection(CreateCollectionRequest.newBuilder()
                                    .setSpace(SpaceKind.SPACE_KIND_LEARNED)
                                    .setName("after")
                                    .build())
                            .getSpaceId())
                    .isEqualTo(incoming);
        }
    }

    private static void awaitSaid(MillraceClient client, String detail) throws InterruptedException {
        while (client.status().getMembersList().stream()
                .noneMatch(member -> member.getDetail().contains(detail))) {
            Thread.sleep(50);
        }
    }
}
