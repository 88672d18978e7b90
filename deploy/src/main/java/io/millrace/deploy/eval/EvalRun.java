package io.millrace.deploy.eval;

import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestResult;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.client.MillraceException;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Progress;
import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.ScoredDocument;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.v1.BatchQuery;
import io.millrace.v1.BatchResult;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.SearchBatchRequest;
import io.millrace.v1.SearchRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** One evaluation: the corpus through the cluster's ingest, the queries through its search, the rankings judged. */
final class EvalRun {
    private static final Metric.Ndcg NDCG = new Metric.Ndcg(10);
    private static final Metric.Recall RECALL = new Metric.Recall(100);
    private static final Metric.ReciprocalRank MRR = new Metric.ReciprocalRank(10);
    private static final int DEPTH = 100;
    // Queries sent together: few enough that a worker's cores share them.
    private static final int BATCH = 64;

    private final Console console;
    private final BeirFolder folder;
    private final String split;
    private final int parallel;
    private Qrels qrels = new Qrels(Map.of());
    private Map<String, String> queries = Map.of();

    EvalRun(Console console, BeirFolder folder, String split, int parallel) {
        if (parallel < 1) {
            throw new IllegalArgumentException("--parallel is " + parallel + "; it must be 1 or more");
        }
        this.console = console;
        this.folder = folder;
        this.split = split;
        this.parallel = parallel;
    }

    /** Reads what is judged, before anything costly starts. */
    void readQueries() throws IOException {
        qrels = folder.qrels(split);
        queries = folder.queries();
        for (String id : qrels.queryIds()) {
            if (!queries.containsKey(id)) {
                throw new IOException("qrels/" + split + " judges the query '" + id + "', which " + folder.folder()
                        + "/queries.jsonl does not have");
            }
        }
    }

    /** Indexes, asks and judges, in a collection of its own that is dropped at the end. */
    Map<String, Object> evaluate(MillraceClient client) throws IOException, InterruptedException {
        String collection =
                "eval-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        client.createCollection(
                CreateCollectionRequest.newBuilder().setName(collection).build());
        try {
            Map<String, Object> counts = new LinkedHashMap<>();
            ConsistencyToken token = index(client, collection, counts);
            Map<String, Ranking> run = search(client, collection, token, counts);
            Evaluation evaluation = Evaluation.of(qrels, run, List.of(NDCG, RECALL, MRR));
            Map<String, Object> result = new LinkedHashMap<>(evaluation.means());
            result.putAll(counts);
            return result;
        } finally {
            client.dropCollection(collection);
        }
    }

    private ConsistencyToken index(MillraceClient client, String collection, Map<String, Object> counts)
            throws IOException, InterruptedException {
        Progress progress = new Progress(console, "Indexing");
        AtomicLong stored = new AtomicLong();
        AtomicLong truncated = new AtomicLong();
        AtomicReference<@Nullable IngestResult> refused = new AtomicReference<>();
        IngestStream stream = client.ingest(IngestOptions.forCollection(collection), result -> {
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
                BeirCorpus corpus = folder.corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                if (document.title().isBlank() && document.text().isBlank()) {
                    // Some collections hold empty documents. They have no term, so no search could find them.
                    skipped++;
                    continue;
                }
                stream.put(wire(document));
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

    private Map<String, Ranking> search(
            MillraceClient client, String collection, ConsistencyToken token, Map<String, Object> counts)
            throws InterruptedException {
        Progress progress = new Progress(console, "Searching");
        Map<String, Ranking> run = new ConcurrentHashMap<>();
        SearchRequest options = SearchRequest.newBuilder()
                .setCollection(collection)
                .setToken(token)
                // One more, because the query's own document is left out.
                .setK(DEPTH + 1)
                .build();
        List<String> ids = List.copyOf(qrels.queryIds());
        try (ExecutorService pool =
                Executors.newFixedThreadPool(parallel, Thread.ofVirtual().factory())) {
            List<Future<?>> answers = new ArrayList<>();
            for (int from = 0; from < ids.size(); from += BATCH) {
                List<String> batch = ids.subList(from, Math.min(ids.size(), from + BATCH));
                answers.add(pool.submit(() -> ask(client, options, batch, run)));
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

    private void ask(MillraceClient client, SearchRequest options, List<String> ids, Map<String, Ranking> run) {
        SearchBatchRequest.Builder request = SearchBatchRequest.newBuilder().setOptions(options);
        for (String id : ids) {
            request.addQueries(BatchQuery.newBuilder().setText(queries.getOrDefault(id, "")));
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
            run.put(ids.get(i), Ranking.of(hits).without(ids.get(i)).top(DEPTH));
        }
    }

    private static double round(double seconds) {
        return Math.round(seconds * 1e3) / 1e3;
    }
}
