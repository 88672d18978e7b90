package io.millrace.deploy.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.client.FakeCoordinator;
import io.millrace.deploy.CommandRun;
import io.millrace.v1.HybridChoice;
import io.millrace.v1.SpaceKind;
import io.millrace.v1.TermMatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How commands ask for a space, and show what comes of it. */
@Timeout(60)
class SpaceOptionTest {
    private final FakeCoordinator server = new FakeCoordinator().start();

    @AfterEach
    void stop() {
        server.close();
    }

    private CommandRun run(String input, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", server.target()));
        return CommandRun.withInput(input.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    @Test
    void indexMeasuresANewCollectionOnItsFirstDocuments() {
        String input = "{\"id\": \"1\", \"title\": \"A\", \"text\": \"b c\"}\n{\"id\": \"2\", \"text\": \"d\"}\n";
        CommandRun first = run(input, "index", "-");
        assertThat(first.code()).isZero();
        assertThat(first.err()).contains("Stored 2 documents");
        assertThat(server.lastCreated().getSpace()).isEqualTo(SpaceKind.SPACE_KIND_UNSPECIFIED);
        assertThat(server.lastCreated().hasHybrid()).isFalse();
        assertThat(server.lastCreated().getSampleList())
                .extracting(source -> source.getTitle() + "|" + source.getText())
                .containsExactly("A|b c", "|d");
        CommandRun again = run(input, "index", "-", "--space", "learned");
        assertThat(again.err()).contains("exists already and keeps its space").contains("Stored 2 documents");
        assertThat(run(input, "index", "-", "--space", "learned", "-c", "other").code())
                .isZero();
        assertThat(server.lastCreated().getSpace()).isEqualTo(SpaceKind.SPACE_KIND_LEARNED);
        assertThat(server.lastCreated().getSampleCount()).isZero();
        assertThat(run(input, "index", "-", "--average-length", "50", "-c", "given")
                        .code())
                .isZero();
        assertThat(server.lastCreated().getHybrid().getAverageLength()).isEqualTo(50);
        assertThat(server.lastCreated().getSampleCount()).isZero();
    }

    @Test
    void createPassesOnWhatIsChosen() {
        assertThat(run(
                                "",
                                "collection",
                                "create",
                                "a",
                                "--space",
                                "hybrid",
                                "--k1",
                                "0.9",
                                "--b",
                                "0",
                                "--mixing-weight",
                                "2")
                        .code())
                .isZero();
        assertThat(server.lastCreated().getSpace()).isEqualTo(SpaceKind.SPACE_KIND_HYBRID);
        assertThat(server.lastCreated().getHybrid())
                .isEqualTo(HybridChoice.newBuilder()
                        .setK1(.9)
                        .setB(0)
                        .setMixingWeight(2)
                        .build());
        assertThat(run("", "collection", "create", "b", "--space", "both").code())
                .isEqualTo(2);
    }

    @Test
    void searchCanAskForTheModelsTermsAlone() {
        run("{\"id\": \"1\", \"text\": \"a city\"}", "index", "-");
        assertThat(run("", "search", "city").code()).isZero();
        assertThat(server.lastSearch().getTerms()).isEqualTo(SpaceKind.SPACE_KIND_UNSPECIFIED);
        assertThat(run("", "search", "city", "--space", "learned").code()).isZero();
        assertThat(server.lastSearch().getTerms()).isEqualTo(SpaceKind.SPACE_KIND_LEARNED);
    }

    @Test
    void evalTakesNumbersOfAHybridSpaceOnlyWithOne() {
        CommandRun run = CommandRun.of("eval", "--data", "nowhere", "--mixing-weight", "2");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("are for --hybrid; add it");
    }

    @Test
    void wordsAreToldFromTheModelsTerms() {
        TermMatch learned = TermMatch.newBuilder()
                .setTermId(5)
                .setTerm("quake")
                .setQueryWeight(1.5f)
                .setDocumentWeight(2f)
                .build();
        TermMatch word = learned.toBuilder()
                .setTermId(-5)
                .setTerm("earthquak")
                .setLexical(true)
                .build();
        assertThat(HitPrinter.terms(
                        List.of(learned, word, word.toBuilder().clearTerm().build())))
                .isEqualTo("quake 1.50×2.00 · \"earthquak\" 1.50×2.00 · #4294967291 1.50×2.00");
    }
}
