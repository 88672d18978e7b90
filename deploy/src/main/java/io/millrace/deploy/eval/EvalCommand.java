package io.millrace.deploy.eval;

import io.millrace.client.ClientOptions;
import io.millrace.client.MillraceClient;
import io.millrace.deploy.cli.Console;
import io.millrace.deploy.cli.ExitCode;
import io.millrace.deploy.cli.HybridOptions;
import io.millrace.deploy.cli.OutputOptions;
import io.millrace.deploy.local.LocalCluster;
import io.millrace.deploy.local.LocalClusterOptions;
import io.millrace.deploy.local.ModelChoice;
import io.millrace.deploy.plot.ReportTable;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.MetricNames;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.trec.TrecFiles;
import io.millrace.v1.CreateCollectionRequest;
import io.millrace.v1.SpaceKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eval}: indexes collections and says how well their queries are answered. */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description = {
            "Indexes a collection in BEIR's layout (or MS MARCO's: collection.tsv, queries.SPLIT.tsv, qrels.SPLIT.tsv), asks its",
            "judged queries, and prints nDCG@10, Recall@100 and MRR@10 as trec_eval computes them. Everything goes through a",
            "cluster: one started for the purpose, with its data in a temporary folder, or the one named with --server (in a",
            "collection of its own, dropped at the end). Several systems are shown side by side, with what their vectors cost and",
            "with the significance of their differences from the first. With -o json the last line of stdout is one object."
        },
        footer = {
            "",
            "Examples:",
            "  millrace eval --data scifact",
            "  millrace eval --data scifact --hybrid --mixing-weight 2",
            "  millrace eval --data scifact --model my-checkpoint --split test -o json | tail -n 1",
            "  millrace eval --data scifact --data nfcorpus --model bm25 --model models/splade-tiny --report report.html",
            "  millrace eval --data scifact --run theirs=theirs.run --model my-checkpoint --metrics ndcg@10,map"
        })
public final class EvalCommand implements Callable<Integer> {
    private static final String DEFAULT_METRICS = "ndcg@10,recall@100,mrr@10";
    private static final int LEAST_DEPTH = 100;
    private static final int DEPTH_OF_UNCUT = 1_000;

    private final Console console;

    @Mixin
    private final OutputOptions output = new OutputOptions();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = {
                "Folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv, plain or gzipped; may be given more than once."
            })
    private List<Path> data = new ArrayList<>();

    @Option(names = "--split", paramLabel = "NAME", description = "Judgements to use. Default: ${DEFAULT-VALUE}.")
    private String split = "test";

    @Mixin
    private final SystemOptions systems = new SystemOptions();

    @Option(
            names = "--hybrid",
            description = {
                "Measure each model's terms and the words of the text (BM25) together. Without it, the model alone."
            })
    private boolean hybrid;

    @Mixin
    private final HybridOptions hybridOptions = new HybridOptions();

    @Option(
            names = "--metrics",
            paramLabel = "NAMES",
            description = {
                "Of ndcg, ndcg(exp), mrr, recall, map and p, with cut-offs, separated by commas. What needs no cut-off is computed",
                "on 1,000 documents. Default: ${DEFAULT-VALUE}."
            })
    private String metrics = DEFAULT_METRICS;

    @Option(
            names = "--level",
            paramLabel = "N",
            description =
                    "Least grade of a relevant document, for all but nDCG; 2 for TREC's deep-learning tracks. Default: ${DEFAULT-VALUE}.")
    private int level = 1;

    @Option(
            names = "--costs",
            description = {
                "Also count the vectors' terms (non-zeros, FLOPs, longest posting list) and time searches one by one. Always done",
                "for several systems and for a report."
            })
    private boolean costs;

    @Option(
            names = "--report",
            paramLabel = "FILE",
            description = "Write tables and plots (effectiveness against FLOPs and latency) as one HTML file.")
    private @Nullable Path report;

    @Option(
            names = "--run-out",
            paramLabel = "DIR",
            description = "Write rankings in TREC's format, to DIR/COLLECTION/SYSTEM.run.")
    private @Nullable Path runOut;

    @Option(
            names = "--per-query",
            paramLabel = "FILE",
            description =
                    "Write every metric of every query: collection, system, query, metric and value, with tabs between.")
    private @Nullable Path perQuery;

    @Option(
            names = "--parallel",
            paramLabel = "N",
            description = "Batches of queries under way at a time. Default: ${DEFAULT-VALUE}.")
    private int parallel = 4;

    /** A command over a console. */
    public EvalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Metric> chosen = MetricNames.parseAll(metrics, level);
        int depth = depth(chosen);
        CreateCollectionRequest space = space();
        List<TestedSystem> tested = systems.systems();
        ClusterRun.Plan plan =
                new ClusterRun.Plan(depth, parallel, costs || report != null || tested.size() > 1, space);
        List<TestCollection> collections = new ArrayList<>();
        for (Path folder : data) {
            collections.add(TestCollection.read(folder, split));
        }
        requireFilesToTellApart(tested, collections);
        makeFolderOf(report);
        makeFolderOf(perQuery);
        List<JudgedCollection> judged = new ArrayList<>();
        for (TestCollection collection : collections) {
            List<SystemRun> runs = new ArrayList<>();
            for (TestedSystem system : tested) {
                if (tested.size() > 1 || collections.size() > 1) {
                    console.say(system.name() + " on " + collection.name());
                }
                SystemRun run = run(system, collection, plan);
                write(collection, run);
                runs.add(run);
            }
            judged.add(JudgedCollection.of(collection, chosen, runs));
        }
        show(judged);
        return ExitCode.OK;
    }

    /** The space asked for, of collections that are still to be named. */
    private CreateCollectionRequest space() {
        if (!hybrid && hybridOptions.given()) {
            throw new IllegalArgumentException(
                    "--mixing-weight, --average-length, --k1 and --b are for --hybrid; add it");
        }
        CreateCollectionRequest.Builder request = CreateCollectionRequest.newBuilder()
                .setSpace(hybrid ? SpaceKind.SPACE_KIND_HYBRID : SpaceKind.SPACE_KIND_LEARNED);
        return hybridOptions.given() ? request.setHybrid(hybridOptions.choice()).build() : request.build();
    }

    /** Before hours of work, not after them. */
    private static void makeFolderOf(@Nullable Path file) throws IOException {
        Path parent = file == null ? null : file.toAbsolutePath().getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
    }

    /** Documents of a ranking: what the metrics look at. */
    private static int depth(List<Metric> chosen) {
        int depth = LEAST_DEPTH;
        for (Metric metric : chosen) {
            int k = switch (metric) {
                case Metric.Ndcg ndcg -> ndcg.k();
                case Metric.Recall recall -> recall.k();
                case Metric.Precision precision -> precision.k();
                case Metric.ReciprocalRank rank -> rank.k();
                case Metric.AveragePrecision precision -> precision.k();
            };
            depth = Math.max(depth, k == Metric.ALL ? DEPTH_OF_UNCUT : k);
        }
        return ClusterRun.requireDepth(depth);
    }

    private void requireFilesToTellApart(List<TestedSystem> tested, List<TestCollection> collections) {
        if (runOut != null
                && tested.stream().map(s -> fileName(s.name())).distinct().count() < tested.size()) {
            throw new IllegalArgumentException("two systems' runs would go into one file of " + runOut
                    + "; name them with letters and digits: "
                    + tested.stream().map(TestedSystem::name).toList());
        }
        if (collections.stream().map(TestCollection::name).distinct().count() < collections.size()) {
            throw new IllegalArgumentException("two collections have one name; reports could not tell them apart: "
                    + collections.stream().map(c -> c.folder().toString()).toList());
        }
        for (TestedSystem system : tested) {
            if (system instanceof TestedSystem.RunFile(String name, String file)
                    && collections.size() > 1
                    && !file.contains(TestedSystem.RunFile.COLLECTION)) {
                throw new IllegalArgumentException(
                        "--run " + name + "=" + file + " names one file for " + collections.size()
                                + " collections; put " + TestedSystem.RunFile.COLLECTION + " into its name");
            }
        }
    }

    private SystemRun run(TestedSystem system, TestCollection collection, ClusterRun.Plan plan)
            throws IOException, InterruptedException {
        return switch (system) {
            case TestedSystem.RunFile file -> read(file, collection);
            case TestedSystem.Cluster(String name, String address) -> {
                try (MillraceClient client = connect(address)) {
                    yield new ClusterRun(console, client, collection, plan).run(name);
                }
            }
            case TestedSystem.Model(String name, ModelChoice choice) -> {
                try (ScratchFolder folder = ScratchFolder.create();
                        LocalCluster cluster = LocalCluster.start(LocalClusterOptions.of(folder.path(), choice, 0));
                        MillraceClient client = connect(cluster.address())) {
                    yield new ClusterRun(console, client, collection, plan).run(name);
                }
            }
        };
    }

    /** A run as it is, but for what BEIR leaves out: the document whose id is the query's own. */
    private static SystemRun read(TestedSystem.RunFile file, TestCollection collection) throws IOException {
        Map<String, Ranking> run = new LinkedHashMap<>();
        TrecFiles.readRun(file.of(collection))
                .forEach((query, ranking) -> run.put(query, collection.judged(query, ranking)));
        long answered = run.keySet().stream()
                .filter(collection.qrels().queryIds()::contains)
                .count();
        if (answered == 0) {
            throw new IOException(file.of(collection) + " answers none of the "
                    + collection.qrels().queryIds().size() + " judged queries of " + collection.name()
                    + "; is it a run of another collection?");
        }
        return new SystemRun(file.name(), run, Optional.empty(), Map.of("queries", answered));
    }

    private void write(TestCollection collection, SystemRun run) throws IOException {
        if (runOut != null) {
            Path folder = Files.createDirectories(runOut.resolve(fileName(collection.name())));
            Map<String, Ranking> ordered = new LinkedHashMap<>();
            for (String query : collection.qrels().queryIds()) {
                Ranking ranking = run.rankings().get(query);
                if (ranking != null) {
                    ordered.put(query, ranking);
                }
            }
            String tag = fileName(run.system());
            TrecFiles.writeRun(folder.resolve(tag + ".run"), ordered, tag);
        }
    }

    /** A name as part of a path and as a run's tag. */
    private static String fileName(String name) {
        return name.replaceAll("[^\\p{Alnum}._-]", "_");
    }

    private void show(List<JudgedCollection> judged) throws IOException {
        if (perQuery != null) {
            Files.write(perQuery, perQueryLines(judged));
        }
        EvalReport whole = EvalReport.of(judged);
        if (report != null) {
            Files.writeString(report, whole.html());
        }
        if (judged.size() == 1 && judged.getFirst().runs().size() == 1) {
            Map<String, Object> result = EvalReport.figures(
                    judged.getFirst().runs().getFirst(),
                    judged.getFirst().evaluations().getFirst());
            if (output.json()) {
                console.printJson(result);
            } else {
                result.forEach((name, value) -> console.print(name + ": " + value));
            }
        } else if (output.json()) {
            console.printJson(whole.json());
        } else {
            for (ReportTable table : whole.tables()) {
                table.text().forEach(console::print);
                console.print("");
            }
        }
    }

    private static List<String> perQueryLines(List<JudgedCollection> judged) {
        List<String> lines = new ArrayList<>(List.of("collection\tsystem\tquery\tmetric\tvalue"));
        for (JudgedCollection on : judged) {
            for (int i = 0; i < on.runs().size(); i++) {
                String start = on.collection().name() + "\t" + on.runs().get(i).system() + "\t";
                on.evaluations()
                        .get(i)
                        .perQuery()
                        .forEach((query, values) -> values.forEach(
                                (metric, value) -> lines.add(start + query + "\t" + metric + "\t" + value)));
            }
        }
        return lines;
    }

    private static MillraceClient connect(String address) {
        return MillraceClient.connect(ClientOptions.forServer(address).withCallTimeout(Duration.ofMinutes(1)));
    }
}
