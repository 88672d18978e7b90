package io.millrace.trainer.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.data.format.KdLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code tools/default_model.py} from end to end, on small inputs of the shapes it reads. */
@Timeout(60)
class DefaultModelDataTest {
    /** Collections, a WordNet archive and an ontology, of {@code n} documents each; then rankings and scores of what was prepared. */
    private static final String WRITE = """
            import gzip, json, os, random, sqlite3, sys, zipfile
            root, what = sys.argv[1:3]
            words = [f"word{i}" for i in range(60)]
            draw = random.Random(1)
            def sentence(n): return " ".join(draw.choice(words) for _ in range(n))
            if what == "inputs":
                for name in ("squad-sentences", "medquad", "scifact"):
                    os.makedirs(f"{root}/data/{name}/qrels")
                    with gzip.open(f"{root}/data/{name}/corpus.jsonl.gz", "wt") as file:
                        for i in range(40):
                            file.write(json.dumps({"_id": str(i), "title": sentence(5), "text": sentence(30)}) + "\\n")
                    with gzip.open(f"{root}/data/{name}/queries.jsonl.gz", "wt") as file:
                        for i in range(20):
                            file.write(json.dumps({"_id": str(i), "text": sentence(6)}) + "\\n")
                    with gzip.open(f"{root}/data/{name}/qrels/train.tsv.gz", "wt") as file:
                        file.write("query-id\\tcorpus-id\\tscore\\n")
                        for i in range(20):
                            file.write(f"{i}\\t{i}\\t{i % 5}\\n")
                with zipfile.ZipFile(f"{root}/wordnet.jar", "w") as jar:
                    for part in ("adj", "adv", "noun", "verb"):
                        lines = ["  1 licence"] + [
                            f"{i:08d} 00 {part[0]} 02 big_{i} 0 large(a) 0 000 | {sentence(9)}; \\"{sentence(8)}\\"  "
                            for i in range(30)]
                        jar.writestr(f"wn31/data.{part}", "\\n".join(lines))
                go = sqlite3.connect(f"{root}/GO.sqlite")
                go.execute("create table go_term (go_id text, term text, definition text)")
                for i in range(30):
                    go.execute("insert into go_term values (?, ?, ?)", (f"GO:{i}", sentence(3), sentence(12)))
                go.commit()
            else:
                read = lambda name: [json.loads(line) for line in open(f"{root}/out/{name}")]
                keys = [d["_id"] for d in read("corpus.jsonl")]
                if what == "rankings":
                    for run in ("a", "b"):
                        with open(f"{root}/{run}.run", "w") as file:
                            for query in read("queries.jsonl"):
                                for rank, key in enumerate(draw.sample(keys, 40)):
                                    file.write(f"{query['_id']} Q0 {key} {rank + 1} {40 - rank} {run}\\n")
                else:
                    with open(f"{root}/scores.json", "w") as file:
                        for hard in read("hard.jsonl"):
                            own = hard["pos"] + hard["neg"]["mixed"]
                            file.write(json.dumps({hard["qid"]: {key: draw.gauss(0, 5) for key in own}}) + "\\n")
            """;

    @TempDir
    private Path folder;

    private static String python(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("python3"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        return said;
    }

    private void tool(String command, String... more) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "tools/default_model.py",
                command,
                "--out",
                folder.resolve("out").toString()));
        arguments.addAll(List.of(more));
        python(arguments.toArray(String[]::new));
    }

    @BeforeEach
    void hasPython() throws InterruptedException {
        boolean there;
        try {
            there = new ProcessBuilder("python3", "--version").start().waitFor() == 0;
        } catch (IOException e) {
            there = false;
        }
        assumeThat(there).as("python3 is on the path").isTrue();
    }

    private List<JsonNode> lines(String name) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve("out").resolve(name))) {
            lines.add(new JsonMapper().readTree(line));
        }
        return lines;
    }

    @Test
    void preparedCandidatesAreTaughtAndNoneIsAnAnswer() throws Exception {
        String root = folder.toString();
        python("-c", WRITE, root, "inputs");
        tool("prepare", "--data", root + "/data", "--wordnet", root + "/wordnet.jar", "--go", root + "/GO.sqlite");
        Set<String> documents = new HashSet<>();
        lines("corpus.jsonl").forEach(line -> documents.add(line.path("_id").asText()));
        assertThat(lines("queries.jsonl"))
                .isNotEmpty()
                .allSatisfy(line ->
                        assertThat(documents).doesNotContain(line.path("_id").asText()));
        Set<String> answers = new HashSet<>();
        for (String row : Files.readAllLines(folder.resolve("out/qrels/train.tsv"))) {
            String[] fields = row.split("\t", -1);
            answers.add(fields[0] + " " + fields[1]);
        }

        python("-c", WRITE, root, "rankings");
        tool("candidates", "--run", root + "/a.run", "--run", root + "/b.run");
        assertThat(lines("hard.jsonl")).hasSizeGreaterThan(50).allSatisfy(line -> {
            String query = line.path("qid").asText();
            assertThat(line.path("neg").path("mixed"))
                    .hasSize(7)
                    .allSatisfy(negative -> assertThat(answers).doesNotContain(query + " " + negative.asText()));
            assertThat(answers).contains(query + " " + line.path("pos").path(0).asText());
        });

        python("-c", WRITE, root, "scores");
        tool("teach", "--run", root + "/a.run", "--run", root + "/b.run", "--scores", root + "/scores.json");
        List<String> taught = Files.readAllLines(folder.resolve("out/distillation.jsonl"));
        assertThat(taught).hasSameSizeAs(lines("hard.jsonl"));
        for (String line : taught) {
            assertThat(KdLine.parse(line, "line").scores()).hasSize(8);
        }
        String before = Files.readString(folder.resolve("out/distillation.jsonl"));
        tool("teach", "--run", root + "/a.run", "--run", root + "/b.run", "--scores", root + "/scores.json");
        assertThat(folder.resolve("out/distillation.jsonl")).hasContent(before);
    }
}
