package io.millrace.trainer.release;

import io.millrace.trainer.recipe.DataRecipe;
import io.millrace.trainer.recipe.Recipe;
import io.millrace.trainer.recipe.Task;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The files that a recipe reads. */
final class DataFiles {
    private final Set<Path> files = new LinkedHashSet<>();

    private DataFiles() {}

    /** What is learned from, in the order of the recipe, each file once. */
    static Set<Path> learned(Recipe recipe) {
        DataFiles data = new DataFiles();
        switch (recipe.task()) {
            case Task.Ranking ranking -> ranking.data().forEach(data::add);
            case Task.Adaptation adaptation -> data.files.add(adaptation.passages());
        }
        return data.files;
    }

    /** What checkpoints were judged by. */
    static Set<Path> judged(Recipe recipe) {
        DataFiles data = new DataFiles();
        recipe.validation().ifPresent(how -> {
            for (String name : List.of("corpus.jsonl", "queries.jsonl", "qrels/" + how.split() + ".tsv")) {
                data.addIfThere(how.folder().resolve(name));
                data.addIfThere(how.folder().resolve(name + ".gz"));
            }
        });
        return data.files;
    }

    private void addIfThere(Path file) {
        if (Files.isRegularFile(file)) {
            files.add(file);
        }
    }

    private void add(DataRecipe recipe) {
        switch (recipe) {
            case DataRecipe.Distillation lines -> files.add(lines.file());
            case DataRecipe.Contrastive lines -> files.add(lines.file());
            case DataRecipe.Triples lines -> files.add(lines.file());
            case DataRecipe.ById byId -> {
                files.addAll(List.of(byId.file(), byId.queries(), byId.documents()));
                byId.judgements().ifPresent(files::add);
                teachers(byId.teachers());
            }
            case DataRecipe.Judged judged -> {
                files.addAll(List.of(judged.queries(), judged.documents(), judged.judgements()));
                judged.negatives().mined().ifPresent(files::add);
                teachers(judged.teachers());
            }
        }
    }

    private void teachers(List<DataRecipe.Teacher> teachers) {
        for (DataRecipe.Teacher teacher : teachers) {
            files.add(teacher.scores());
            teacher.reference().ifPresent(files::add);
        }
    }
}
