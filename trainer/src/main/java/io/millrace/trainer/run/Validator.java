package io.millrace.trainer.run;

import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.TextRole;
import io.millrace.model.learning.Encoding;
import io.millrace.model.learning.LearningModel;
import io.millrace.model.learning.Remember;
import io.millrace.trainer.recipe.ValidationRecipe;
import io.millrace.trainer.telemetry.SparsityReport;
import io.millrace.trainer.validation.ExactSearch;
import io.millrace.trainer.validation.JudgedQueries;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Judges a model by a collection: encodes all of it as serving would, and searches it exactly. */
final class Validator {
    /** Texts encoded at once, which bounds memory. */
    private static final int CHUNK = 512;

    /** Documents in which frequencies of terms are counted: shares of them are known to some hundredths. */
    private static final int SAMPLE = 1000;

    private final ValidationRecipe recipe;
    private final List<String> documentIds = new ArrayList<>();
    private final List<int[]> documents = new ArrayList<>();
    private final JudgedQueries judged;
    private final List<int[]> queries;

    private Validator(ValidationRecipe recipe, JudgedQueries judged, List<int[]> queries) {
        this.recipe = recipe;
        this.judged = judged;
        this.queries = queries;
    }

    /**
     * What a judgement found.
     *
     * @param value mean of the metric
     * @param sparsity of the vectors
     */
    record Found(double value, SparsityReport sparsity) {}

    /**
     * Reads a collection.
     *
     * @param model whose tokens it is read as
     */
    static Validator open(ValidationRecipe recipe, LearningModel model) throws IOException {
        JudgedQueries judged = JudgedQueries.read(recipe.folder(), recipe.split(), recipe.queries());
        Validator validator = new Validator(recipe, judged, model.tokenize(judged.texts(), TextRole.QUERY));
        try (BeirCorpus corpus = new BeirFolder(recipe.folder()).corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                validator.documentIds.add(document.id());
                validator.documents.addAll(model.tokenize(List.of(document.content()), TextRole.DOCUMENT));
            }
        }
        return validator;
    }

    Found judge(LearningModel model) {
        SparseMatrix asked = encode(model, queries, TextRole.QUERY);
        SparseMatrix held = encode(model, documents, TextRole.DOCUMENT);
        ExactSearch search = new ExactSearch(held, documentIds);
        double value = judged.evaluate(search, asked, List.of(recipe.metric())).mean(recipe.metric());
        return new Found(value, SparsityReport.of(asked, held));
    }

    /** Vectors of the first documents, at most {@value #SAMPLE}. */
    SparseMatrix sample(LearningModel model) {
        return encode(model, documents.subList(0, Math.min(SAMPLE, documents.size())), TextRole.DOCUMENT);
    }

    private static SparseMatrix encode(LearningModel model, List<int[]> texts, TextRole role) {
        List<SparseMatrix> parts = new ArrayList<>();
        for (int from = 0; from < texts.size(); from += CHUNK) {
            List<int[]> some = texts.subList(from, Math.min(texts.size(), from + CHUNK));
            try (Encoding encoding = model.encode(some, role, Optional.empty(), Remember.NOTHING)) {
                parts.add(encoding.vectors());
            }
        }
        return SparseMatrix.stacked(parts, model.columns(role));
    }
}
