package io.millrace.deploy.command;

import io.millrace.client.FakeCoordinator;
import io.millrace.deploy.CommandRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Commands, run in this process against a coordinator that answers by rule. */
class CommandsOnAServer {
    @TempDir
    Path folder;

    final FakeCoordinator server = new FakeCoordinator().start();

    @AfterEach
    void stop() {
        server.close();
    }

    final CommandRun run(String... arguments) {
        return runWithInput("", arguments);
    }

    final CommandRun runWithInput(String input, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--server", server.target()));
        return CommandRun.withInput(input.getBytes(StandardCharsets.UTF_8), all.toArray(String[]::new));
    }

    final String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    final CommandRun indexThreeFilms() {
        return runWithInput("""
                {"_id": "1", "title": "Metropolis", "text": "a city of towers and machines"}
                {"id": "2", "text": "a ship meets an iceberg", "metadata": {"year": 1997, "name": "Titanic"}}
                {"id": 3, "text": "a city of angels"}
                """, "index", "-");
    }
}
