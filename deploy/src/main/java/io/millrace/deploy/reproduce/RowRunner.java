package io.millrace.deploy.reproduce;

import io.millrace.client.ClientOptions;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.eval.ClusterRun;
import io.millrace.deploy.eval.ScratchFolder;
import io.millrace.deploy.eval.SystemRun;
import io.millrace.deploy.eval.TestCollection;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.SparseEncoders;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.device.DeviceChoice;
import io.millrace.model.engine.Precision;
import io.millrace.model.lexical.Bm25;
import io.millrace.model.lexical.CorpusStatistics;
import io.millrace.model.lexical.LexicalSettings;
import io.millrace.model.lexical.TextAnalysis;
import io.millrace.model.scoring.PairScorer;
import io.millrace.v1.EncodeRequest;
import io.millrace.v1.EncodedText;
import io.millrace.v1.TextRole;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Measures rows, one after the other. BM25 is run once, for its own row and for those that rank it anew. For one thread. */
final class RowRunner {
    private static final int DEPTH = 1_000;
    private static final int BATCHES = 4;

    /**
     * How rows are measured.
     *
     * @param weights folder with a sub-directory for each row
     * @param teacherDepth documents of BM25 that teachers rank anew
     * @param precision number format of linear layers
     * @param device where models compute
     */
    record Settings(Path weights, int teacherDepth, Precision precision, DeviceChoice device) {}

    private final Console console;
    private final PaperCollection collection;
    private final Settings settings;
    private final Figures figures;
    private Optional<SystemRun> bm25 = Optional.empty();
    private Map<String, String> texts = Map.of();

    RowRunner(Console console, PaperCollection collection, Settings settings, Figures figures) {
        this.console = console;
        this.collection = collection;
        this.settings = settings;
        this.figures = figures;
    }

    /** Folder of a row's weights. */
    private Path folder(PaperRow row) {
        return settings.weights().resolve(row.weights());
    }

    /**
     * Measures one row, or says why not.
     *
     * @throws IOException if the collection cannot be read
     */
    RowResult measure(PaperRow row) throws IOException, InterruptedException {
        if (!row.weights().isEmpty() && !Files.isDirectory(folder(row))) {
            return new RowResult.Missing(row.weights());
        }
        console.say(row.name());
        try {
            return switch (row.kind()) {
                case RowKind.Bm25 _ -> measured(bm25());
                case RowKind.Encoder encoder -> encode(row, encoder);
                case RowKind.Epic epic -> epic(row, epic);
                case RowKind.Teacher _ -> teach(row);
            };
        } catch (InvalidModelException | IllegalArgumentException unfit) {
            return new RowResult.Failed(String.valueOf(unfit.getMessage()));
        }
    }

    private RowResult measured(SystemRun run) {
        return new RowResult.Measured(collection.judge(run.rankings()), run.costs());
    }

    private RowResult encode(PaperRow row, RowKind.Encoder encoder) throws IOException, InterruptedException {
        refuse(row, encoder.differences(Checkpoint.open(folder(row)).contract()));
        ModelChoice choice = new ModelChoice(folder(row), List.of(), settings.precision(), settings.device());
        return measured(through(row, choice));
    }

    /** A checkpoint of another kind would give figures under the wrong name. */
    private void refuse(PaperRow row, List<String> differences) {
        if (!differences.isEmpty()) {
            throw new InvalidModelException(
                    folder(row) + " is not what '" + row.name() + "' is: " + RowKind.sentence(differences)
                            + "; the row needs " + row.kind().needs());
        }
    }

    /** Everything through a cluster, as documents and queries of a user would go. */
    private SystemRun through(PaperRow row, ModelChoice choice) throws IOException, InterruptedException {
        try (ScratchFolder scratch = ScratchFolder.create();
                LocalCluster cluster = LocalCluster.start(new LocalClusterOptions(scratch.path(), choice, 0, 1, 1));
                MillraceClient client = MillraceClient.connect(
                        ClientOptions.forServer(cluster.address()).withCallTimeout(Duration.ofMinutes(5)))) {
            SystemRun run = new ClusterRun(console, client, collection.all(), new ClusterRun.Plan(DEPTH, BATCHES, true))
                    .run(row.name());
            figures.add(row, vector(client));
            return run;
        }
    }

    private Figures.Vector vector(MillraceClient client) {
        EncodedText encoded = client.encode(EncodeRequest.newBuilder()
                        .addTexts(figures.text())
                        .setRole(TextRole.TEXT_ROLE_DOCUMENT)
                        .setIncludeTerms(true)
                        .build())
                .getVectors(0);
        List<Figures.Term> terms = new ArrayList<>();
        for (int i = 0; i < encoded.getTermsCount(); i++) {
            terms.add(new Figures.Term(encoded.getTerms(i), encoded.getVector().getWeights(i)));
        }
        terms.sort(Comparator.comparingDouble(Figures.Term::weight).reversed());
        return new Figures.Vector(encoded.getTokens(), terms);
    }

    private SystemRun bm25() throws IOException, InterruptedException {
        if (bm25.isEmpty()) {
            try (ScratchFolder scratch = ScratchFolder.create()) {
                CorpusStatistics statistics =
                        new CorpusStatistics(new LexicalSettings("bm25", TextAnalysis.of("english"), Bm25.ANSERINI));
                try (TestCollection.Documents documents = collection.all().documents()) {
                    for (BeirDocument document = documents.next(); document != null; document = documents.next()) {
                        statistics.add(document.content());
                    }
                }
                Path model = scratch.path().resolve("bm25");
                statistics.write(model);
                bm25 = Optional.of(through(new PaperRow("BM25", "", new RowKind.Bm25()), ModelChoice.of(model)));
            }
        }
        return bm25.get();
    }

    private RowResult epic(PaperRow row, RowKind.Epic epic) throws IOException, InterruptedException {
        refuse(row, epic.differences(Checkpoint.open(folder(row)).contract()));
        Reranking reranking = reranking(epic.depth());
        ModelChoice choice = new ModelChoice(folder(row), List.of(), settings.precision(), settings.device());
        try (SparseEncoder encoder = SparseEncoders.open(choice.folder(), choice.options())) {
            return new RowResult.Measured(collection.judge(reranking.by(encoder)), Optional.empty());
        }
    }

    private RowResult teach(PaperRow row) throws IOException, InterruptedException {
        Reranking reranking = reranking(settings.teacherDepth());
        Path adapter = folder(row).resolve(RowKind.Teacher.ADAPTER);
        List<Path> adapters = Files.isDirectory(adapter) ? List.of(adapter) : List.of();
        ModelChoice choice = new ModelChoice(folder(row), adapters, settings.precision(), settings.device());
        try (PairScorer scorer = PairScorer.open(choice.folder(), choice.options())) {
            Map<String, Ranking> ranked = reranking.by(scorer);
            figures.add(
                    row,
                    ranked.values().stream()
                            .flatMap(ranking -> ranking.documents().stream())
                            .mapToDouble(ScoredDocument::score)
                            .toArray());
            return new RowResult.Measured(collection.judge(ranked), Optional.empty());
        }
    }

    private Reranking reranking(int depth) throws IOException, InterruptedException {
        Map<String, Ranking> candidates = new LinkedHashMap<>();
        Set<String> ids = new HashSet<>();
        bm25().rankings().forEach((query, ranking) -> {
            Ranking top = ranking.top(depth);
            candidates.put(query, top);
            top.documents().forEach(document -> ids.add(document.id()));
        });
        if (!texts.keySet().containsAll(ids)) {
            texts = collection.texts(ids);
        }
        return new Reranking(console, collection.all().queries(), candidates, texts);
    }
}
