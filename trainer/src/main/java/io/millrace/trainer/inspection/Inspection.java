package io.millrace.trainer.inspection;

import io.millrace.evaluation.Evaluation;
import io.millrace.evaluation.Metric;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.model.InvalidModelException;
import io.millrace.model.SparseEncoder;
import io.millrace.model.TextRole;
import io.millrace.model.parity.GoldenVectors;
import io.millrace.trainer.telemetry.SparsityGate;
import io.millrace.trainer.telemetry.SparsityReport;
import io.millrace.trainer.validation.EvaluatedCollection;
import io.millrace.trainer.validation.ExactSearch;
import io.millrace.trainer.validation.JudgedQueries;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.SparsityFindings;
import io.millrace.vector.SparseMatrix;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Looks at a model as it will be served: encodes a judged collection, or else {@link SampleTexts#usual}, searches it exactly, and
 * refuses vectors that have collapsed.
 *
 * @param collection what it is measured by; empty if there is none
 * @param gate limits of sparsity; empty where the gate is off, so that everything passes, and the findings say so
 */
public record Inspection(Optional<EvaluatedCollection> collection, Optional<SparsityGate> gate) {
    /** Without a collection, at the usual limits. */
    public static final Inspection USUAL = new Inspection(Optional.empty(), Optional.of(SparsityGate.DEFAULT));

    /** Name of the usual texts in manifests. */
    private static final String USUAL_SAMPLE = "millrace";

    /** Texts encoded at once, which bounds memory. */
    private static final int CHUNK = 512;

    /** Vectors of a sample. */
    private record Sample(String name, SparseMatrix queries, SparseMatrix documents) {
        boolean atLeast(int vectors) {
            return Math.min(queries.rows(), documents.rows()) >= vectors;
        }
    }

    /**
     * Looks at a model.
     *
     * @param model what it is, for the message
     * @throws InvalidModelException if the gate refuses it, saying what it saw, its limits and what to do
     * @throws IOException if the collection cannot be read
     */
    public Findings inspect(SparseEncoder encoder, String model) throws IOException {
        List<EvaluationFigure> figures = new ArrayList<>();
        SparsityGate limits = gate.orElse(SparsityGate.DEFAULT);
        Optional<Sample> judged =
                collection.isPresent() ? Optional.of(judge(encoder, collection.get(), figures)) : Optional.empty();
        Sample sample = judged.filter(own -> own.atLeast(limits.leastVectors())).orElseGet(() -> usual(encoder));
        SparsityReport report = SparsityReport.of(sample.queries(), sample.documents());
        Optional<String> refusal = limits.refusal(report);
        if (gate.isPresent() && refusal.isPresent()) {
            throw new InvalidModelException(model + " is not published: " + refusal.get() + ". The sample was "
                    + described(sample)
                    + "; a model for other texts is judged by a collection of its own (--validation, or evaluation in the"
                    + " recipe's publish). To publish it all the same, on purpose and recorded in its manifest, switch the"
                    + " gate off (--no-gate, or gate: off)");
        }
        return new Findings(figures, findings(sample.name(), report, refusal));
    }

    private static String described(Sample sample) {
        return sample.name().equals(USUAL_SAMPLE)
                ? "the trainer's own English sentences"
                : "the collection " + sample.name();
    }

    private SparsityFindings findings(String sample, SparsityReport report, Optional<String> refusal) {
        return SparsityFindings.newBuilder()
                .setSample(sample)
                .setQueries(report.queries().vectors())
                .setDocuments(report.documents().vectors())
                .setQueryNonZeros(report.queries().mean())
                .setDocumentNonZeros(report.documents().mean())
                .setDead(report.dead())
                .setLongestList(report.longestList())
                .setSaturated(report.saturated())
                .setLikeness(report.likeness())
                .setFlops(report.flops())
                .setGateOff(gate.isEmpty())
                .setRefusal(refusal.orElse(""))
                .build();
    }

    private static Sample usual(SparseEncoder encoder) {
        SampleTexts texts = SampleTexts.usual();
        return new Sample(
                USUAL_SAMPLE,
                encode(encoder, TextRole.QUERY, texts.queries()),
                encode(encoder, TextRole.DOCUMENT, texts.documents()));
    }

    private static SparseMatrix encode(SparseEncoder encoder, TextRole role, List<String> texts) {
        return SparseMatrix.of(GoldenVectors.of(encoder, role, texts).vectors(), encoder.vocabularySize());
    }

    /** Encodes a collection, and adds how well its judged queries find their documents. */
    private static Sample judge(SparseEncoder encoder, EvaluatedCollection from, List<EvaluationFigure> figures)
            throws IOException {
        JudgedQueries queries = JudgedQueries.read(from.folder(), from.split(), 0);
        SparseMatrix asked = encode(encoder, TextRole.QUERY, queries.texts());
        List<String> ids = new ArrayList<>();
        SparseMatrix held = documents(encoder, from, ids);
        ExactSearch search = new ExactSearch(held, ids);
        Evaluation evaluation = queries.evaluate(search, asked, from.metrics());
        for (Metric metric : from.metrics()) {
            figures.add(EvaluationFigure.newBuilder()
                    .setCollection(from.name())
                    .setMetric(metric.name())
                    .setValue(evaluation.mean(metric))
                    .build());
        }
        return new Sample(from.name(), asked, held);
    }

    private static SparseMatrix documents(SparseEncoder encoder, EvaluatedCollection from, List<String> ids)
            throws IOException {
        List<SparseMatrix> parts = new ArrayList<>();
        List<String> chunk = new ArrayList<>();
        try (BeirCorpus corpus = new BeirFolder(from.folder()).corpus()) {
            for (BeirDocument document = corpus.next(); document != null; document = corpus.next()) {
                ids.add(document.id());
                chunk.add(document.content());
                if (chunk.size() == CHUNK) {
                    parts.add(encode(encoder, TextRole.DOCUMENT, chunk));
                    chunk.clear();
                }
            }
        }
        if (!chunk.isEmpty()) {
            parts.add(encode(encoder, TextRole.DOCUMENT, chunk));
        }
        return SparseMatrix.stacked(parts, encoder.vocabularySize());
    }
}
