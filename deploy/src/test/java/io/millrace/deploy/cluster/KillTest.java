package io.millrace.deploy.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.millrace.client.ClientOptions;
import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestResult;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.Hit;
import io.millrace.v1.SearchRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills processes with SIGKILL while documents stream in. {@code -Dmillrace.kill.cycles=N} kills N times instead of each
 * process once, {@code -Dmillrace.kill.seed=S} in another order.
 */
class KillTest {
    private static final String COLLECTION = "documents";
    private static final int IDS = 400;
    private static final long SEED = Long.getLong("millrace.kill.seed", 1);

    @TempDir
    Path folder;

    @Test
    void everyAcknowledgedWriteIsThereOnceWhicheverProcessIsKilled() throws Exception {
        Path model = Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");
        try (ProcessCluster cluster = ProcessCluster.start(folder, model);
                MillraceClient client = MillraceClient.connect(ClientOptions.forServer(cluster.server()))) {
            client.createCollection(
                    CreateCollectionRequest.newBuilder().setName(COLLECTION).build());
            AtomicBoolean killing = new AtomicBoolean(true);
            List<Throwable> killerProblems = Collections.synchronizedList(new ArrayList<>());
            Thread killer = Thread.ofPlatform().start(() -> {
                try {
                    killInTurn(cluster);
                } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
                    killerProblems.add(e);
                } finally {
                    killing.set(false);
                }
            });
            Map<Long, IngestOutcome> outcomes = new ConcurrentHashMap<>();
            Map<String, @Nullable String> expected = write(client, killing, outcomes);
            killer.join();
            assertThat(killerProblems).isEmpty();
            assertThat(outcomes.values())
                    .allSatisfy(outcome -> assertThat(outcome).isInstanceOf(IngestOutcome.Applied.class));
            check(client, expected);
        }
    }

    /** Puts, replaces and deletes until the killing ends; returns the text each id must have, null = deleted. */
    private static Map<String, @Nullable String> write(
            MillraceClient client, AtomicBoolean killing, Map<Long, IngestOutcome> outcomes)
            throws InterruptedException {
        Random random = new Random(SEED);
        Map<String, @Nullable String> expected = new HashMap<>();
        Map<Long, Integer> timesReported = new ConcurrentHashMap<>();
        long submitted = 0;
        try (IngestStream stream = client.ingest(
                IngestOptions.forCollection(COLLECTION).withWindow(new IngestOptions.Window(64, 1 << 20)),
                (IngestResult result) -> {
                    outcomes.put(result.sequence(), result.outcome());
                    timesReported.merge(result.sequence(), 1, Integer::sum);
                })) {
            while (killing.get() || submitted < 2 * IDS) {
                String id = "d" + random.nextInt(IDS);
                if (random.nextInt(10) == 0) {
                    stream.delete(id);
                    expected.put(id, null);
                } else {
                    String text = "lighthouse keeper number " + submitted + " watches the sea at " + id;
                    stream.put(Document.newBuilder()
                            .setId(id)
                            .setSource(DocumentSource.newBuilder().setText(text))
                            .build());
                    expected.put(id, text);
                }
                submitted++;
            }
            stream.flush();
            assertThat(stream.statistics().connections())
                    .as("the coordinator was killed, so the stream was opened again")
                    .isGreaterThan(1);
        }
        assertThat(outcomes).hasSize((int) submitted);
        assertThat(timesReported.values()).containsOnly(1);
        return expected;
    }

    private static void killInTurn(ProcessCluster cluster) throws IOException, InterruptedException {
        Random random = new Random(SEED);
        List<ServerProcess> order = new ArrayList<>(cluster.processes);
        Collections.shuffle(order, random);
        int cycles = Integer.getInteger("millrace.kill.cycles", order.size());
        for (int cycle = 0; cycle < cycles; cycle++) {
            Thread.sleep(300 + random.nextInt(500));
            ServerProcess process = order.get(cycle % order.size());
            cluster.restart(process);
        }
    }

    private static void check(MillraceClient client, Map<String, @Nullable String> expected) {
        List<String> live = new ArrayList<>();
        expected.forEach((id, text) -> {
            if (text != null) {
                live.add(id);
                assertThat(get(client, id)).as("text of %s", id).isEqualTo(text);
            } else {
                assertThat(get(client, id)).as("%s was deleted", id).isNull();
            }
        });
        List<String> hits = client
                .search(SearchRequest.newBuilder()
                        .setCollection(COLLECTION)
                        .setText("lighthouse keeper")
                        .setK(10_000)
                        .build())
                .getHitsList()
                .stream()
                .map(Hit::getId)
                .toList();
        assertThat(hits).as("each live document once").containsExactlyInAnyOrderElementsOf(live);
        assertThat(client.describeCollection(COLLECTION).getDocuments()).isEqualTo(live.size());
    }

    private static @Nullable String get(MillraceClient client, String id) {
        try {
            return client.get(GetDocumentRequest.newBuilder()
                            .setCollection(COLLECTION)
                            .setId(id)
                            .build())
                    .getDocument()
                    .getSource()
                    .getText();
        } catch (MillraceException e) {
            assertThat(e.code()).isEqualTo(Status.Code.NOT_FOUND);
            return null;
        }
    }
}
