package io.millrace.deploy.bench.search;

import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.OptionBounds;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.cli.Progress;
import io.millrace.index.record.WeightScheme;
import io.millrace.index.search.Accuracy;
import io.millrace.index.search.PrunedSearcher;
import io.millrace.index.search.Searcher;
import io.millrace.index.shard.Shard;
import io.millrace.v1.ShardSearchRequest;
import io.millrace.vector.SparseVector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code bench search}: how fast, how large and how exact a shard of ready-made vectors is. */
@Command(
        name = "search",
        mixinStandardHelpOptions = true,
        description = {
            "Writes the vectors of a folder into one shard, in this process, opens it again, and asks it the folder's queries",
            "on one thread. Prints documents a second acknowledged (synced), what the shard takes on disk and in memory, the",
            "latency of a search (of each query's best round, and of all calls of the last), throughput, bytes allocated a",
            "query, and how the results compare with exact scores (recall@k counts ties at rank k); the same of the server's",
            "core, which is all that an index server does for a search but the network."
        },
        footer = {
            "",
            "The folder holds docs.csr and queries.csr, sparse matrices as in the sparse",
            "track of BigANN. It may hold gt.npz, the exact results as numpy's arrays ids",
            "(int32) and scores (float64); where it does not, they are computed.",
            "",
            "Examples:",
            "  millrace bench search VECTORS",
            "  millrace bench search VECTORS --exhaustive --weights u8 -o json",
            "  millrace bench search VECTORS --bulk",
            "  millrace bench search VECTORS --queries 2000 --threads 8 --work /mnt/ssd"
        })
public final class BenchSearchCommand implements Callable<Integer> {
    // As deep as the ground truth that BigANN hands out: deep enough for ties at every k in use.
    private static final int TRUTH_DEPTH = 100;
    // What a busy coordinator sends, and the most that a request of a bulk load may hold.
    private static final int BATCH = 256;
    private static final int BULK_BATCH = 4_096;

    /** How a shard keeps weights. */
    enum Weights {
        F32,
        U8
    }

    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Parameters(paramLabel = "DIR", description = "Folder of the vectors.")
    private Path folder = Path.of("");

    @Option(
            names = "--documents",
            paramLabel = "N",
            description = "Documents to take, the first ones; 0 = all. Default: ${DEFAULT-VALUE}.")
    private int documents = 0;

    @Option(
            names = "--queries",
            paramLabel = "N",
            description = "Most queries to ask, the first ones. Default: ${DEFAULT-VALUE}.")
    private int queries = 1_000;

    @Option(
            names = {"-k", "--k"},
            paramLabel = "N",
            description = "Documents wanted of each search. Default: ${DEFAULT-VALUE}.")
    private int k = 10;

    @Option(
            names = "--weights",
            paramLabel = "f32|u8",
            description = "How the shard keeps weights; u8 takes its scale from the largest. Default: f32.")
    private Weights weights = Weights.F32;

    @Option(
            names = "--recall",
            paramLabel = "SHARE",
            description = "Share of the exact result that searches aim at, 0.8 to 1. Default: ${DEFAULT-VALUE}, exact.")
    private double recall = 1;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "Documents written together. Default: 256; 4096 with --bulk.")
    private @Nullable Integer batch;

    @Option(
            names = "--in-flight",
            paramLabel = "N",
            description = "Batches that wait for their sync at a time. Default: ${DEFAULT-VALUE}.")
    private int inFlight = 4;

    @Option(names = "--bulk", description = "Write as a bulk load does.")
    private boolean bulk;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "Rounds over all queries that do not count. Default: ${DEFAULT-VALUE}.")
    private int warmUp = 5;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "Rounds over all queries that count. Default: ${DEFAULT-VALUE}.")
    private int rounds = 5;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads that search at once for the throughput. Default: ${DEFAULT-VALUE}.")
    private int threads = 1;

    @Option(
            names = "--exhaustive",
            description =
                    "Measure the simplest exact engine, too, which adds up every posting's 8-bit weight in flat arrays,"
                            + " and how the engine's latency relates to it.")
    private boolean exhaustive;

    @Option(
            names = "--rescore",
            description = "Measure searches whose documents are scored again by their vectors, too; for --weights u8.")
    private boolean rescore;

    @Option(
            names = "--write-truth",
            description = "Keep exact results that had to be computed as gt.npz in the folder, for all of its queries.")
    private boolean writeTruth;

    @Option(
            names = "--work",
            paramLabel = "DIR",
            description = "Where the shard is made; it is removed at the end. Default: the folder for temporary files.")
    private Path work = Path.of(System.getProperty("java.io.tmpdir"));

    /** A command over a console. */
    public BenchSearchCommand(Console console) {
        this.console = console;
    }

    private SequencedMap<String, Engine> engines(
            TemporaryShard shard, SearchCollection collection, List<SparseVector> asked, SearchMeasurement plan) {
        SearcherEngine.Wanted wanted = new SearcherEngine.Wanted(plan.k(), Accuracy.aimingAt(recall));
        Shard searched = shard.writer().shard();
        SequencedMap<String, Engine> engines = new LinkedHashMap<>();
        Searcher searcher = PrunedSearcher.create();
        engines.put(SearchReport.SEARCH, SearcherEngine.of(searcher, searched, asked, wanted));
        ShardSearchRequest options = ServerCore.options(shard.descriptor(), plan.k())
                .setRecallTarget((float) recall)
                .build();
        engines.put(SearchReport.CORE, ServerCore.of(shard.shards(), searcher, options, asked, plan.threads()));
        if (rescore) {
            engines.put(SearchReport.RESCORED, SearcherEngine.rescored(searcher, searched, asked, wanted));
        }
        if (exhaustive) {
            engines.put(
                    SearchReport.EXHAUSTIVE,
                    SearcherEngine.of(ExhaustiveBaseline.of(collection.documents()), searched, asked, wanted));
        }
        return engines;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        SearchMeasurement plan = new SearchMeasurement(
                wanted(),
                OptionBounds.atLeast("--warm-up", warmUp, 0),
                OptionBounds.atLeast("--rounds", rounds, 1),
                OptionBounds.atLeast("--threads", threads, 1));
        BuildMeasurement writes = new BuildMeasurement(
                OptionBounds.atLeast("--batch", batch == null ? bulk ? BULK_BATCH : BATCH : batch, 1),
                OptionBounds.atLeast("--in-flight", inFlight, 1),
                bulk);
        int mostQueries = OptionBounds.atLeast("--queries", queries, 1);
        SearchCollection collection = SearchCollection.read(folder, OptionBounds.atLeast("--documents", documents, 0));
        if (writeTruth && !collection.whole()) {
            throw new IllegalArgumentException(
                    "--write-truth keeps the results of the whole folder; leave --documents out");
        }
        if (!Files.isDirectory(work)) {
            throw new IOException("there is no folder " + work + " for --work; make it, or name another");
        }
        GroundTruth truth = truth(collection, mostQueries);
        List<SparseVector> asked = collection.queries(mostQueries);
        WeightScheme scheme =
                weights == Weights.U8 ? WeightScheme.uint8(collection.largestWeight()) : WeightScheme.float32();
        try (TemporaryShard shard = TemporaryShard.create(work, scheme)) {
            BuildMeasurement.Figures build = build(writes, shard, collection);
            console.say("Searching ...");
            SequencedMap<String, Engine> engines = engines(shard, collection, asked, plan);
            List<SearchMeasurement.Figures> found =
                    plan.run(List.copyOf(engines.values()), collection.documents(), asked, truth);
            SequencedMap<String, SearchMeasurement.Figures> figures = new LinkedHashMap<>();
            for (String engine : engines.keySet()) {
                figures.put(engine, found.get(figures.size()));
            }
            double terms = asked.stream().mapToInt(SparseVector::size).average().orElse(0);
            SearchReport.Scale scale =
                    new SearchReport.Scale(folder.toString(), scheme.format(), asked.size(), terms, plan, writes);
            report(new SearchReport(scale, build, figures));
        }
        return ExitCode.OK;
    }

    private int wanted() {
        if (OptionBounds.atLeast("--k", k, 1) > Searcher.MAX_K) {
            throw new IllegalArgumentException("--k is " + k + "; it must be " + Searcher.MAX_K + " or less");
        }
        return k;
    }

    private GroundTruth truth(SearchCollection collection, int mostQueries) throws IOException {
        TruthFile file = TruthFile.in(folder);
        if (file.exists() && collection.whole()) {
            return file.read(collection, k);
        }
        int all = collection.documents().rows();
        List<SparseVector> asked = collection.queries(writeTruth ? Integer.MAX_VALUE : mostQueries);
        console.say((file.exists() ? file.path() + " is about all documents" : "There is no " + file.path())
                + ": computing exact scores of " + asked.size() + " queries over " + all + " documents ...");
        Progress progress = new Progress(console, "exact scores");
        int depth = Math.min(all, Math.max(TRUTH_DEPTH, k));
        GroundTruth truth = GroundTruth.of(
                collection.documents(), asked, depth, done -> progress.update(done, (double) done / all));
        progress.finish();
        if (writeTruth) {
            file.write(truth);
            console.say("Wrote " + file.path());
        }
        return truth;
    }

    private BuildMeasurement.Figures build(BuildMeasurement writes, TemporaryShard shard, SearchCollection collection)
            throws IOException, InterruptedException {
        int all = collection.documents().rows();
        console.say("Writing " + all + " documents ...");
        Progress progress = new Progress(console, "written");
        BuildMeasurement.Figures figures =
                writes.run(shard, collection.documents(), done -> progress.update(done, (double) done / all));
        progress.finish();
        return figures;
    }

    private void report(SearchReport report) {
        if (output.json()) {
            console.printJson(report.toJson());
        } else {
            console.print(report.toText());
        }
    }
}
