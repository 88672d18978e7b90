package io.millrace.trainer.run;

import io.millrace.trainer.data.format.HardNegativeFile;
import io.millrace.trainer.data.format.JudgementFile;
import io.millrace.trainer.data.format.ScoreFile;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.source.Collection;
import io.millrace.trainer.data.source.HardNegativePools;
import io.millrace.trainer.data.source.IdTriplePools;
import io.millrace.trainer.data.source.JudgedPools;
import io.millrace.trainer.data.source.LinePools;
import io.millrace.trainer.data.source.NegativeLists;
import io.millrace.trainer.data.source.Relevance;
import io.millrace.trainer.data.source.ScoredPools;
import io.millrace.trainer.data.source.TriplePools;
import io.millrace.trainer.recipe.DataRecipe;
import io.millrace.trainer.teacher.AffineMap;
import io.millrace.trainer.teacher.AffineScores;
import io.millrace.trainer.teacher.FileScores;
import io.millrace.trainer.teacher.MinMaxEnsemble;
import io.millrace.trainer.teacher.ScoreSource;
import io.millrace.trainer.teacher.ScoreStatistics;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;

/** The sources of a recipe, opened together and closed together. */
final class DataSources implements Closeable {
    private final Path stores;
    private final Deque<Closeable> opened = new ArrayDeque<>();

    private DataSources(Path stores) {
        this.stores = stores;
    }

    /** Opens what a recipe learns from, as one source. */
    static Opened open(List<DataRecipe> recipes, Path stores) throws IOException {
        DataSources sources = new DataSources(stores);
        try {
            List<PoolSource> all = new ArrayList<>();
            for (DataRecipe recipe : recipes) {
                all.add(sources.keep(sources.source(recipe)));
            }
            return new Opened(all.size() == 1 ? all.getFirst() : new JoinedPools(all), sources);
        } catch (IOException | RuntimeException e) {
            sources.close();
            throw e;
        }
    }

    /**
     * Opened sources.
     *
     * @param pools all of them as one
     * @param sources what to close
     */
    record Opened(PoolSource pools, DataSources sources) implements Closeable {
        @Override
        public void close() throws IOException {
            sources.close();
        }
    }

    private <C extends Closeable> C keep(C resource) {
        opened.push(resource);
        return resource;
    }

    private PoolSource source(DataRecipe recipe) throws IOException {
        return switch (recipe) {
            case DataRecipe.Distillation lines ->
                LinePools.distillation(lines.file(), stores, lines.bestFirst(), lines.repair());
            case DataRecipe.Contrastive lines -> LinePools.contrastive(lines.file(), stores, lines.repair());
            case DataRecipe.Triples lines -> TriplePools.open(lines.file(), stores, lines.repair());
            case DataRecipe.ById byId -> byId(byId);
            case DataRecipe.Judged judged -> judged(judged);
        };
    }

    private PoolSource byId(DataRecipe.ById recipe) throws IOException {
        // Kept as well as handed on: closing twice does no harm, and pools may fail to open behind it.
        Collection collection = keep(Collection.open(recipe.queries(), recipe.documents(), stores, recipe.repair()));
        Relevance relevance = recipe.judgements().isEmpty()
                ? Relevance.UNKNOWN
                : new Relevance(JudgementFile.read(recipe.judgements().get()));
        PoolSource pools = switch (recipe.kind()) {
            case TRIPLES -> IdTriplePools.open(recipe.file(), stores, collection, relevance);
            case HARD_NEGATIVES ->
                new HardNegativePools(
                        keep(HardNegativeFile.open(recipe.file(), stores)),
                        Set.copyOf(recipe.systems()),
                        collection,
                        relevance);
        };
        return scored(pools, teachers(recipe.teachers()));
    }

    private List<ScoreSource> teachers(List<DataRecipe.Teacher> recipes) throws IOException {
        List<ScoreSource> teachers = new ArrayList<>();
        for (DataRecipe.Teacher recipe : recipes) {
            teachers.add(teacher(recipe));
        }
        return teachers;
    }

    private static PoolSource scored(PoolSource pools, List<ScoreSource> teachers) {
        return teachers.isEmpty() ? pools : new ScoredPools(pools, joined(teachers));
    }

    private PoolSource judged(DataRecipe.Judged recipe) throws IOException {
        Collection collection = Collection.open(recipe.queries(), recipe.documents(), stores, recipe.repair());
        try {
            List<ScoreSource> teachers = teachers(recipe.teachers());
            NegativeLists negatives;
            if (recipe.negatives().mined().isPresent()) {
                HardNegativeFile mined =
                        keep(HardNegativeFile.open(recipe.negatives().mined().get(), stores));
                negatives = new NegativeLists.Mined(
                        mined, Set.copyOf(recipe.negatives().systems()));
            } else if (!teachers.isEmpty()) {
                negatives = new NegativeLists.Scored(joined(teachers));
            } else {
                negatives = new NegativeLists.Anything();
            }
            var qrels = JudgementFile.read(recipe.judgements());
            PoolSource pools = recipe.sharedIds()
                    ? JudgedPools.beir(collection, qrels, negatives)
                    : JudgedPools.of(collection, qrels, negatives);
            return scored(pools, teachers);
        } catch (IOException | RuntimeException e) {
            collection.close();
            throw e;
        }
    }

    private static ScoreSource joined(List<ScoreSource> teachers) {
        return teachers.size() == 1 ? teachers.getFirst() : new MinMaxEnsemble(teachers);
    }

    private ScoreSource teacher(DataRecipe.Teacher recipe) throws IOException {
        ScoreSource scores = new FileScores(keep(ScoreFile.open(recipe.scores(), stores)));
        if (recipe.reference().isEmpty()) {
            return scores;
        }
        ScoreSource reference =
                new FileScores(keep(ScoreFile.open(recipe.reference().get(), stores)));
        return new AffineScores(scores, AffineMap.matching(ScoreStatistics.of(scores), ScoreStatistics.of(reference)));
    }

    @Override
    public void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
