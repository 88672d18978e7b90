package io.millrace.deploy.eval;

import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestResult;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.cli.SpaceOptions;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.BatchResult;
import io.millrace.v1.Collection;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SpaceKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One collection through a cluster: the documents through its ingest, the judged queries through its search. */
public final class ClusterRun {
    // Queries sent together: few enough that a worker's cores share them.
    private static final int BATCH = 64;

    /**
     * How a collection is asked.
     *
     * @param depth documents of a ranking, 1 to 9,999
     * @param parallel batches of queries under way at a time
     * @param costs whether vectors are counted and searches timed
     * @param space which terms vectors have; of a collection that is still to be named
     */
    public record Plan(int depth, int parallel, boolean costs, CreateCollectionRequest space) {
        private static final CreateCollectionRequest LEARNED = CreateCollectionRequest.newBuilder()
                .setSpace(SpaceKind.SPACE_KIND_LEARNED)
                .build();

        /** With the model's terms alone. */
        public Plan(int depth, int parallel, boolean costs) {
            this(depth, parallel, costs, LEARNED);
        }

        /** Checks the ranges. */
        public Plan {
            if (parallel < 1) {
                throw new IllegalArgumentException("--parallel is " + parallel + "; it must be 1 or more");
            }
            requireDepth(depth);
        }
    }

    /** A depth that searches can give. */
    static int requireDepth(int depth) {
        if (depth < 1 || depth > 9_999) {
            throw new IllegalArgumentException("rankings of " + depth
                    + " documents were asked for; a search gives 10,000 at most, one of which may be the query itself");
        }
        return depth;
    }

    private final Console console;
    private final MillraceClient client;
    private final TestCollection collection;
    private final Plan plan;

    /** Sends nothing yet. */
    public ClusterRun(Console console, MillraceClient client, TestCollection collection, Plan plan) {
        this.console = console;
        this.client = client;
        this.collection = collection;
        this.plan = plan;
    }

    /**
     * Indexes and asks, in a collection of its own that is dropped at the end.
     *
     * @param system what the result is called
     * @throws IOException if a document is not stored or cannot be read
     */
    public SystemRun run(String system) throws IOException, InterruptedException {
        String name =
                "eval-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        Collection created = client.createCollection(
                plan.space().toBuilder().setName(name).addAllSample(sample()).build());
        try {
            Map<String, Object> counts = new LinkedHashMap<>();
            if (created.hasHybrid()) {
                counts.put("mixingWeight", created.getHybrid().getMixingWeight());
                counts.put("averageLength", created.getHybrid().getAverageLength());
            }
            List<String> stored = new ArrayList<>();
            ConsistencyToken token = index(name, stored, counts);
            SearchRequest options = SearchRequest.newBuilder()
                    .setCollection(name)
                    .setToken(token)
                    // One more, because the query's own document is left out.
                    .setK(plan.depth() + 1)
                    .build();
            Map<String, Ranking> rankings = search(options, counts);
            Optional<VectorCosts> costs = plan.costs()
                    ? Optional.of(new CostMeasurement(console, client, options, queries()).measure(stored))
                    : Optional.empty();
            return new SystemRun(system, rankings, costs, counts);
        } finally {
            client.dropCollection(name);
        }
    }

    private List<String> queries() {
        return collection.qrels().queryIds().stream()
                .map(id -> collection.queries().getOrDefault(id, ""))
                .toList();
    }

    /** The first documents, whose length a hybrid space is made for. */
    private List<DocumentSource> sample() throws IOException {
        List<DocumentSource> sample = new ArrayList<>();
        if (plan.space().getSpace() != SpaceKind.SPACE_KIND_HYBRID) {
            return sample;
        }
        long bytes = 0;
        try (TestCollection.Documents corpus = collection.documents()) {
            BeirDocument document = corpus.next();
            while (document != null
                    && sample.size() < SpaceOptions.SAMPLE_DOCUMENTS
                    && bytes < SpaceOptions.SAMPLE_BYTES) {
                DocumentSource source = wire(document).getSource();
                bytes += source.getSerializedSize();
                sample.add(source);
                document = corpus.next();
            }
        }
        return sample;
    }

    private ConsistencyToken index(String name, List<String> ids, Map<String, Object> counts)
            throws IOException, InterruptedException {
        Progress progress = new Progress(console, "Indexing");
        AtomicLong stored = new AtomicLong();
        AtomicLong truncated = new AtomicLong();
        AtomicReference<@Nullable IngestResult> refused = new AtomicReference<>();
        IngestStream stream = client.ingest(IngestOptions.forCollection(name), result -> {
            if (result.outcome() instanceof IngestOutcome.Applied applied) {
                stored.incrementAndGet();
                truncated.addAndGet(applied.truncatedTokens() > 0 ? 1 : 0);
                progress.update(stored.get(), -1);
            } else {
                refused.compareAndSet(null, result);
            }
        });
        long skipped = 0;
        try (stream;
                TestCollection.Documents corpus = collection.documents()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                if (document.title().isBlank() && document.text().isBlank()) {
                    // Some collections hold empty documents. They have no term, so no search could find them.
                    skipped++;
                    continue;
                }
                stream.put(wire(document));
                if (plan.costs()) {
                    ids.add(document.id());
                }
            }
        }
        double seconds = progress.finish();
        IngestResult lost = refused.get();
        if (lost != null) {
            throw new IOException(
                    "document '" + lost.id() + "' was not stored, so figures would mean nothing: " + lost.outcome());
        }
        counts.put("documents", stored.get());
        counts.put("emptyDocuments", skipped);
        counts.put("truncatedDocuments", truncated.get());
        counts.put("indexSeconds", round(seconds));
        console.say(String.format(
                Locale.ROOT,
                "Indexed %,d documents in %s (%,.0f/s).",
                stored.get(),
                Progress.time(seconds),
                stored.get() / Math.max(seconds, 1e-3)));
        return stream.token();
    }

    /** A document is encoded as title + " " + text; one with only a title has that as its text. */
    private static Document wire(BeirDocument document) {
        DocumentSource.Builder source = DocumentSource.newBuilder();
        if (document.text().isBlank()) {
            source.setText(document.title());
        } else {
            source.setTitle(document.title()).setText(document.text());
        }
        return Document.newBuilder().setId(document.id()).setSource(source).build();
    }

    private Map<String, Ranking> search(SearchRequest options, Map<String, Object> counts) throws InterruptedException {
        Progress progress = new Progress(console, "Searching");
        Map<String, Ranking> run = new ConcurrentHashMap<>();
        List<String> ids = List.copyOf(collection.qrels().queryIds());
        try (ExecutorService pool =
                Executors.newFixedThreadPool(plan.parallel(), Thread.ofVirtual().factory())) {
            List<Future<?>> answers = new ArrayList<>();
            for (int from = 0; from < ids.size(); from += BATCH) {
                List<String> batch = ids.subList(from, Math.min(ids.size(), from + BATCH));
                answers.add(pool.submit(() -> ask(options, batch, run)));
            }
            for (Future<?> answer : answers) {
                answer.get();
                progress.update(run.size(), (double) run.size() / ids.size());
            }
        } catch (ExecutionException e) {
            throw switch (e.getCause()) {
                case MillraceException failed -> failed;
                case IllegalArgumentException atFault -> atFault;
                case null, default -> new IllegalStateException(e.getCause());
            };
        }
        double seconds = progress.finish();
        counts.put("queries", run.size());
        counts.put("searchSeconds", round(seconds));
        return run;
    }

    private void ask(SearchRequest options, List<String> ids, Map<String, Ranking> run) {
        SearchBatchRequest.Builder request = SearchBatchRequest.newBuilder().setOptions(options);
        for (String id : ids) {
            request.addQueries(
                    BatchQuery.newBuilder().setText(collection.queries().getOrDefault(id, "")));
        }
        List<BatchResult> results = client.searchBatch(request.build()).getResultsList();
        for (int i = 0; i < results.size(); i++) {
            if (results.get(i).hasError()) {
                throw new IllegalArgumentException("the query '" + ids.get(i) + "' cannot be searched for: "
                        + results.get(i).getError().getMessage());
            }
            List<ScoredDocument> hits = results.get(i).getHitsList().stream()
                    .map(hit -> new ScoredDocument(hit.getId(), hit.getScore()))
                    .toList();
            run.put(ids.get(i), collection.judged(ids.get(i), Ranking.of(hits)).top(plan.depth()));
        }
    }

    private static double round(double seconds) {
        return Math.round(seconds * 1e3) / 1e3;
    }
}
