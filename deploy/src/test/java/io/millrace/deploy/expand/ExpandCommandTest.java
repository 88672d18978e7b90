package io.millrace.deploy.expand;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.millrace.deploy.CommandRun;
import io.millrace.deploy.TinyModels;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.EncoderOptions;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.TextRole;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ExpandCommandTest {
    @TempDir
    private Path folder;

    private Path data() throws IOException {
        return TinyModels.corpus(
                folder.resolve("data"),
                IntStream.range(0, 150)
                        .mapToObj(i -> "d" + i + "\tw" + (10 + i % 80) + " w" + (10 + i % 7) + " w" + (30 + i % 11))
                        .toList());
    }

    private CommandRun generate(String... more) throws IOException {
        Path model = TinyModels.copy("flan", folder.resolve("flan"), List.of(2, 3));
        List<String> arguments = new ArrayList<>(List.of(
                "expand",
                "--model",
                model.toString(),
                "--data",
                data().toString(),
                "--queries",
                "2",
                "--max-tokens",
                "4"));
        arguments.addAll(List.of(more));
        return CommandRun.of(arguments.toArray(String[]::new));
    }

    @Test
    void appendsQueriesToDocumentsInTheirOrderTheSameForASeed() throws IOException {
        CommandRun run = generate();
        assertThat(run.code()).as(run.err()).isZero();
        Files.writeString(Files.createDirectories(folder.resolve("out")).resolve("corpus.jsonl"), run.out());
        int longer = 0;
        try (BeirCorpus before = new BeirFolder(data()).corpus();
                BeirCorpus after = new BeirFolder(folder.resolve("out")).corpus()) {
            for (BeirDocument document = before.next(); document != null; document = before.next()) {
                BeirDocument expanded = Objects.requireNonNull(after.next());
                assertThat(expanded.id()).isEqualTo(document.id());
                assertThat(expanded.text()).startsWith(document.text());
                longer += expanded.text().length() > document.text().length() ? 1 : 0;
            }
            assertThat(after.next()).isNull();
        }
        assertThat(longer).isGreaterThan(100);
        assertThat(generate().out()).isEqualTo(run.out());
        assertThat(generate("--seed", "7").out()).isNotEqualTo(run.out());
        JsonNode only = new ObjectMapper()
                .readTree(generate("--only").out().lines().findFirst().orElseThrow());
        JsonNode both =
                new ObjectMapper().readTree(run.out().lines().findFirst().orElseThrow());
        assertThat(both.get("text").asText())
                .isEqualTo(("w10 w10 w30 " + only.get("text").asText()).strip());
    }

    @Test
    void goesOnWhereItsFileWasCutOffAndOnlyInTheSameWay() throws IOException {
        String whole = generate().out();
        Path file = folder.resolve("expanded.jsonl");
        assertThat(generate("--out", file.toString()).code()).isZero();
        assertThat(file).hasContent(whole);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length * 2 / 3));
        CommandRun resumed = generate("--out", file.toString());
        assertThat(resumed.err()).contains("Going on behind ").containsPattern("Expanded \\d\\d documents");
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
        CommandRun other = generate("--out", file.toString(), "--seed", "7");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err()).contains("was not made with these settings");
        assertThat(Files.readAllBytes(file)).isEqualTo(bytes);
    }

    @Test
    void addsTheTermsThatTildeForeseesAndTheTextLacks() throws IOException {
        Path model = TinyModels.copy("bert-heads", folder.resolve("tilde"), List.of(0, 2, 3));
        Path data = TinyModels.corpus(folder.resolve("data"), List.of("a\tw20 w33 w20", "b\tw50 w51 w52 w53 w20"));
        CommandRun run = CommandRun.of(
                "expand",
                "--method",
                "tilde",
                "--model",
                model.toString(),
                "--data",
                data.toString(),
                "--terms",
                "30",
                "--only");
        assertThat(run.code()).as(run.err()).isZero();
        List<String> texts = List.of("w20 w33 w20", "w50 w51 w52 w53 w20");
        List<String> lines = run.out().lines().toList();
        assertThat(CommandRun.of("contract", "--preset", "tilde", "--write", model.toString())
                        .code())
                .isZero();
        try (SparseEncoder encoder = SparseEncoders.open(model, EncoderOptions.defaults())) {
            List<SparseVector> vectors = encoder.encode(encoder.tokenize(texts, TextRole.DOCUMENT), TextRole.DOCUMENT);
            for (int i = 0; i < texts.size(); i++) {
                List<String> own = List.of(texts.get(i).split(" "));
                SparseVector vector = vectors.get(i);
                List<String> expected = IntStream.range(0, vector.size())
                        .boxed()
                        .sorted(Comparator.comparingDouble(at -> -vector.weights()[at]))
                        .limit(30)
                        .map(at -> encoder.term(vector.ids()[at]))
                        .filter(term -> !term.endsWith(":") && !own.contains(term))
                        .filter(term -> !List.of("w2", "w3").contains(term))
                        .toList();
                String text =
                        new ObjectMapper().readTree(lines.get(i)).get("text").asText();
                // Beyond the logits above 0, which the preset keeps, the order is not known here.
                assertThat(List.of(text.split(" "))).startsWith(expected.toArray(String[]::new));
                assertThat(expected).hasSizeGreaterThan(5);
            }
        }
    }

    @Test
    void saysWhichModelItNeeds() throws IOException {
        Path bert = TinyModels.copy("bert-heads", folder.resolve("bert"), List.of(2, 3));
        assertThat(CommandRun.of("expand", "--data", data().toString()).err())
                .contains("--model is missing; name the folder of a T5");
        assertThat(CommandRun.of("expand", "--model", bert.toString(), "--data", data().toString())
                        .err())
                .contains("is no T5");
        Path llama = TinyModels.copy("llama", folder.resolve("llama"), List.of(2, 3));
        assertThat(CommandRun.of("expand", "--model", llama.toString(), "--data", data().toString())
                        .err())
                .contains("is no T5 but a model that goes on with a text");
        assertThat(generate("--queries", "0").err()).contains("--queries");
    }
}
