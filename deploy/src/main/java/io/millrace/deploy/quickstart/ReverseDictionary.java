package io.millrace.deploy.quickstart;

import io.millrace.client.IngestOptions;
import io.millrace.client.IngestOutcome;
import io.millrace.client.IngestResult;
import io.millrace.client.IngestStream;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.Latencies;
import io.millrace.deploy.cli.Progress;
import io.millrace.deploy.cli.SpaceOptions;
import io.millrace.deploy.command.HitPrinter;
import io.millrace.v1.ConsistencyToken;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.Document;
import io.millrace.v1.Hit;
import io.millrace.v1.SearchRequest;
import io.millrace.v1.SearchResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The quickstart's collection: fills it, asks it, and measures. */
final class ReverseDictionary {
    static final String COLLECTION = "wordnet";

    /** Written down before anything was indexed, and not chosen by their answers. */
    static final List<String> QUESTIONS = List.of(
            "the study of earthquakes",
            "fear of spiders",
            "a doctor who treats children",
            "instrument for measuring air pressure",
            "a person who collects stamps",
            "to speak very softly",
            "government by the rich",
            "an animal that sleeps through the winter",
            "unable to be seen",
            "a place where bread is made");

    private static final int HITS = 3;
    private static final int LATENCY_ROUNDS = 20;
    private static final int NAME_CHARACTERS = 30;
    private static final int TEXT_CHARACTERS = 100;

    private final Console console;
    private final MillraceClient client;
    private final SpaceOptions space;
    private ConsistencyToken token = ConsistencyToken.getDefaultInstance();

    ReverseDictionary(Console console, MillraceClient client, SpaceOptions space) {
        this.console = console;
        this.client = client;
        this.space = space;
    }

    /** Streams definitions in and waits until all can be found. */
    void index(Iterator<Document> glosses, int count) throws IOException, InterruptedException {
        CreateCollectionRequest.Builder collection = space.apply(CreateCollectionRequest.newBuilder())
                .setName(COLLECTION)
                .setEncodeTextOnly(true);
        List<Document> first = new ArrayList<>();
        while (glosses.hasNext() && first.size() < SpaceOptions.SAMPLE_DOCUMENTS) {
            first.add(glosses.next());
        }
        if (space.wantsSample()) {
            first.forEach(gloss -> collection.addSample(gloss.getSource()));
        }
        client.createCollection(collection.build());
        console.print(String.format(
                Locale.ROOT, "%nIndexing %,d of %,d definitions of WordNet 3.1 ...", count, WordNetGlosses.TOTAL));
        Progress progress = new Progress(console, "Indexing");
        AtomicLong stored = new AtomicLong();
        AtomicReference<@Nullable IngestResult> refused = new AtomicReference<>();
        IngestStream stream = client.ingest(IngestOptions.forCollection(COLLECTION), result -> {
            if (result.outcome() instanceof IngestOutcome.Refused) {
                refused.compareAndSet(null, result);
            } else {
                progress.update(stored.incrementAndGet(), (double) stored.get() / count);
            }
        });
        try (stream) {
            for (Document gloss : first) {
                stream.put(gloss);
            }
            while (glosses.hasNext()) {
                stream.put(glosses.next());
            }
        }
        double seconds = progress.finish();
        IngestResult lost = refused.get();
        if (lost != null) {
            throw new IOException("definition " + lost.id() + " was not stored: " + lost.outcome());
        }
        token = stream.token();
        console.print(String.format(
                Locale.ROOT,
                "Indexed %,d definitions in %s: %,.0f a second, each encoded, durable and searchable when counted.",
                stored.get(),
                Progress.time(seconds),
                stored.get() / Math.max(seconds, 1e-3)));
    }

    /** Asks the sample questions and shows the best hits with the terms that matched. */
    void answerSamples() {
        for (String question : QUESTIONS) {
            console.print("");
            console.print("\"" + question + "\"");
            SearchResponse response = ask(question);
            for (Hit hit : response.getHitsList()) {
                console.print(String.format(
                        Locale.ROOT,
                        "  %6.2f  %-31s %s",
                        hit.getScore(),
                        HitPrinter.shorten(HitPrinter.heading(hit), NAME_CHARACTERS),
                        HitPrinter.shorten(hit.getSource().getText(), TEXT_CHARACTERS)));
                console.print("          " + HitPrinter.terms(hit.getMatchesList()));
            }
            if (response.getHitsCount() == 0) {
                console.print("  nothing found");
            }
        }
    }

    /** Asks each question some times, one after another, and prints what the client saw. */
    void measureLatency() {
        long[] nanos = new long[LATENCY_ROUNDS * QUESTIONS.size()];
        long[] encode = new long[nanos.length];
        long[] search = new long[nanos.length];
        for (int i = 0; i < nanos.length; i++) {
            long start = console.nanoTime().getAsLong();
            SearchResponse response = ask(QUESTIONS.get(i % QUESTIONS.size()));
            nanos[i] = console.nanoTime().getAsLong() - start;
            encode[i] = response.getTiming().getEncodeMicros() * 1_000;
            search[i] = response.getTiming().getSearchMicros() * 1_000;
        }
        console.print("");
        console.print("Search latency over " + nanos.length + " queries, one at a time: " + Latencies.of(nanos)
                + " (encoding " + Latencies.of(encode) + "; search over both shards " + Latencies.of(search) + ").");
    }

    private SearchResponse ask(String question) {
        return client.search(SearchRequest.newBuilder()
                .setCollection(COLLECTION)
                .setText(question)
                .setK(HITS)
                .setIncludeSource(true)
                .setExplain(true)
                .setToken(token)
                .build());
    }
}
