package io.millrace.trainer.data.source;

import io.millrace.evaluation.Qrels;
import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.JudgementFile;
import io.millrace.trainer.data.format.ScoreFile;
import io.millrace.trainer.data.pool.GroupSampler;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.pool.SamplingRules;
import io.millrace.trainer.teacher.AffineMap;
import io.millrace.trainer.teacher.AffineScores;
import io.millrace.trainer.teacher.FileScores;
import io.millrace.trainer.teacher.MinMaxEnsemble;
import io.millrace.trainer.teacher.ScoreSource;
import io.millrace.trainer.teacher.ScoreStatistics;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Opens what a {@link DataSpec} names; what was opened is closed again if something else fails. For one thread. */
final class DataOpening {
    private final DataSpec spec;
    private final Path folder;
    private final Path stores;
    private final List<Closeable> opened = new ArrayList<>();

    DataOpening(DataSpec spec, Path folder, Path stores) {
        this.spec = spec;
        this.folder = folder;
        this.stores = stores;
    }

    OpenedData open() throws IOException {
        SamplingRules rules = spec.rules();
        try {
            Optional<ScoreSource> teacher = teacher();
            PoolSource pools = pools(teacher);
            if (teacher.isPresent()) {
                pools = new ScoredPools(pools, teacher.get());
            }
            return new OpenedData(pools, new GroupSampler(rules), List.copyOf(opened));
        } catch (IOException | RuntimeException e) {
            for (Closeable resource : opened) {
                resource.close();
            }
            throw e;
        }
    }

    private PoolSource pools(Optional<ScoreSource> teacher) throws IOException {
        return switch (spec.format()) {
            case "triples" -> TriplePools.open(path("file", spec.file()), stores, spec.textRepair());
            case "kd" -> LinePools.distillation(path("file", spec.file()), stores, spec.bestFirst(), spec.textRepair());
            case "info-nce" -> LinePools.contrastive(path("file", spec.file()), stores, spec.textRepair());
            case "id-triples" ->
                IdTriplePools.open(path("file", spec.file()), stores, collection(), new Relevance(qrels()));
            case "hard-negatives" ->
                new HardNegativePools(hardNegatives(), spec.systemNames(), collection(), new Relevance(qrels()));
            case "judged" -> judged(teacher);
            default ->
                throw new IllegalArgumentException("data.format is '" + spec.format()
                        + "', but must be one of [triples, id-triples, hard-negatives, judged, kd, info-nce]");
        };
    }

    private PoolSource judged(Optional<ScoreSource> teacher) throws IOException {
        path("qrels", spec.qrels());
        NegativeLists negatives = switch (spec.negatives() == null ? "any" : spec.negatives()) {
            case "any" -> new NegativeLists.Anything();
            case "mined" -> new NegativeLists.Mined(keep(hardNegatives()), spec.systemNames());
            case "scored" ->
                new NegativeLists.Scored(teacher.orElseThrow(() -> new IllegalArgumentException(
                        "data.negatives is 'scored', but data.scores is missing; name the files")));
            default ->
                throw new IllegalArgumentException(
                        "data.negatives is '" + spec.negatives() + "', but must be one of [scored, mined, any]");
        };
        return spec.beir() == null
                ? JudgedPools.of(collection(), qrels(), negatives)
                : JudgedPools.beir(collection(), qrels(), negatives);
    }

    private Optional<ScoreSource> teacher() throws IOException {
        List<ScoreSource> teachers = new ArrayList<>();
        for (String file : spec.scores() == null ? List.<String>of() : spec.scores()) {
            teachers.add(new FileScores(keep(ScoreFile.open(folder.resolve(file), stores))));
        }
        if ((spec.scoreMean() == null) != (spec.scoreDeviation() == null)
                || (teachers.isEmpty() && spec.scoreMean() != null)) {
            throw new IllegalArgumentException(
                    "data.scoreMean and data.scoreDeviation go together, and with data.scores; give all or neither");
        }
        if (teachers.isEmpty()) {
            return Optional.empty();
        }
        ScoreSource teacher = teachers.size() == 1 ? teachers.getFirst() : new MinMaxEnsemble(teachers);
        if (spec.scoreMean() == null || spec.scoreDeviation() == null) {
            return Optional.of(teacher);
        }
        return Optional.of(new AffineScores(
                teacher, AffineMap.to(ScoreStatistics.of(teacher), spec.scoreMean(), spec.scoreDeviation())));
    }

    private HardNegativeFile hardNegatives() throws IOException {
        return HardNegativeFile.open(path("file", spec.file()), stores);
    }

    /** Kept as well as handed on, because closing twice does no harm, and pools may fail to open behind it. */
    private Collection collection() throws IOException {
        if (spec.beir() != null) {
            return keep(Collection.beir(folder.resolve(spec.beir()), stores));
        }
        return keep(Collection.open(
                path("queries", spec.queries()), path("documents", spec.documents()), stores, spec.textRepair()));
    }

    private Qrels qrels() throws IOException {
        return spec.qrels() == null ? new Qrels(Map.of()) : JudgementFile.read(folder.resolve(spec.qrels()));
    }

    private Path path(String key, @Nullable String value) {
        if (value == null) {
            throw new IllegalArgumentException(
                    "data." + key + " is missing, which the format '" + spec.format() + "' needs");
        }
        return folder.resolve(value);
    }

    private <T extends Closeable> T keep(T resource) {
        opened.add(resource);
        return resource;
    }
}
