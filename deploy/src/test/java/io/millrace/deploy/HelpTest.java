package io.millrace.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HelpTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "quickstart",
                "serve",
                "coordinator",
                "worker",
                "index-server",
                "trainer",
                "fsck",
                "index",
                "search",
                "get",
                "delete",
                "encode",
                "collection",
                "model",
                "snapshot",
                "eval",
                "reproduce",
                "lexical",
                "contract",
                "expand",
                "score",
                "teacher",
                "mine",
                "train",
                "lab"
            })
    void everyCommandHasHelpWithExamplesAndExitCodes(String command) {
        CommandRun run = CommandRun.of(command, "--help");
        assertThat(run.code()).isZero();
        assertThat(run.out())
                .contains("Usage: millrace")
                .containsPattern("Examples?:")
                .contains("  millrace " + command)
                .contains("Exit codes:")
                .contains("3   done, except for refused documents");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void namesTheCommandNearestToAMistypedOne() {
        CommandRun run = CommandRun.of("serch", "x");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("serch").contains("search");
    }

    @Test
    void explainsAWrongOption() {
        CommandRun run = CommandRun.of("search", "x", "-k", "many");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("'many' is not an int").contains("Try: millrace search --help");
        assertThat(CommandRun.of().code()).isEqualTo(2);
        assertThat(CommandRun.of("search", "x", "--timeout", "soon").err()).contains("write it as 500ms, 10s, 2m");
        assertThat(CommandRun.of("search", "x", "--server", "a:b:c").code()).isEqualTo(2);
    }

    @Test
    void showsARolesSettingsWithTheirVariables() {
        for (String role : List.of("coordinator", "worker", "index-server", "trainer")) {
            assertThat(CommandRun.of(role, "--help").out())
                    .contains("--metrics-port INT")
                    .contains("[MILLRACE_PORT]");
        }
    }

    @Test
    void namesTheSettingNearestToAMistypedOne() {
        CommandRun run = CommandRun.of("index-server", "--data-dri", "x");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean 'data-dir'?");
        assertThat(CommandRun.of("worker").err()).contains("--model is required");
    }
}
