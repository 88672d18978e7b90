package io.millrace.deploy.local;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.deploy.CommandRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code search --filter} through a whole cluster, before and after a restart. */
@Timeout(180)
class FilteredSearchTest {
    private static final Path MODEL =
            Path.of(System.getProperty("millrace.home", "..")).resolve("models/splade-tiny");

    @TempDir
    private Path folder;

    @Test
    void filtersFindDocumentsByTheMetadataTheyWereIndexedWith() throws Exception {
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder, MODEL, 0))) {
            assertThat(run(cluster, """
                    {"id": "a", "text": "a fear of spiders", "metadata": {"lang": "en", "year": 2019, "draft": true}}
                    {"id": "b", "text": "the spiders of the desert", "metadata": {"lang": "en", "year": 2021}}
                    {"id": "c", "text": "how spiders weave", "metadata": {"lang": "de", "year": "2021.0"}}
                    {"id": "d", "text": "spiders and their webs"}
                    """, "index", "-").code()).isZero();
            check(cluster);
            assertThat(run(
                                    cluster,
                                    "{\"id\": \"d\", \"text\": \"spiders\", \"metadata\": {\"lang\": \"fr\"}}",
                                    "index",
                                    "-")
                            .code())
                    .isZero();
            assertThat(found(cluster, "lang = 'fr'")).containsExactly("d");
            assertThat(run(cluster, "{\"id\": \"d\", \"text\": \"spiders and their webs\"}", "index", "-")
                            .code())
                    .isZero();
        }
        try (LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder, MODEL, 0))) {
            check(cluster);
        }
    }

    private static void check(LocalCluster cluster) {
        assertThat(found(cluster, "lang = \"en\"")).containsExactlyInAnyOrder("a", "b");
        assertThat(found(cluster, "year = 2021")).containsExactlyInAnyOrder("b", "c");
        assertThat(found(cluster, "year = '2021'")).containsExactly("b");
        assertThat(found(cluster, "lang = \"en\" and (year >= 2020 or not exists(draft))"))
                .containsExactly("b");
        assertThat(found(cluster, "not exists(lang)")).containsExactly("d");
        assertThat(found(cluster, "lang != 'en'")).containsExactlyInAnyOrder("c", "d");
        assertThat(found(cluster, "draft = 'true' or lang in ('de', 'fr')")).containsExactlyInAnyOrder("a", "c");
        assertThat(found(cluster, "lang = 'es'")).isEmpty();
        CommandRun wrong = run(cluster, "", "search", "spiders", "--filter", "lang = en");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.err()).contains("at column 8: expected a value, found 'en'");
    }

    private static List<String> found(LocalCluster cluster, String filter) {
        CommandRun run = run(cluster, "", "search", "spiders", "--filter", filter, "-o", "json");
        assertThat(run.code()).as(run.err()).isZero();
        return StreamSupport.stream(run.json().get("hits").spliterator(), false)
                .map(hit -> hit.get("id").asText())
                .toList();
    }

    private static CommandRun run(LocalCluster cluster, String input, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", cluster.address()));
        return CommandRun.withInput(input.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }
}
