package io.millrace.deploy.publish;

import io.millrace.service.registry.ModelName;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.ModelSummary;
import io.millrace.v1.PublishedModel;
import io.millrace.v1.SparsityFindings;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** What the commands print of a model. */
final class ModelFields {
    private ModelFields() {}

    /** One line for people. */
    static String line(ModelSummary model) {
        return String.format(
                Locale.ROOT,
                "%-32s %8.1f MB  space %.12s  %s%s",
                ModelName.of(model.getModel()),
                model.getSizeBytes() / 1e6,
                model.getSpaceId(),
                Instant.ofEpochSecond(model.getPublishedAtMillis() / 1000),
                model.getLatest() ? "  latest" : "");
    }

    static Map<String, Object> of(ModelSummary model) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", model.getModel().getName());
        fields.put("version", model.getModel().getVersion());
        fields.put("latest", model.getLatest());
        fields.put("spaceId", model.getSpaceId());
        fields.put("sizeBytes", model.getSizeBytes());
        fields.put("manifestSha256", model.getManifestSha256());
        fields.put(
                "publishedAt",
                Instant.ofEpochMilli(model.getPublishedAtMillis()).toString());
        return fields;
    }

    static Map<String, Object> of(PublishedModel model) {
        ModelManifest manifest = model.getManifest();
        Map<String, Object> fields = of(model.getSummary());
        fields.put(
                "createdAt", Instant.ofEpochMilli(manifest.getCreatedAtMillis()).toString());
        if (manifest.hasParent()) {
            fields.put("parent", ModelName.of(manifest.getParent()).toString());
        }
        fields.put(
                "goldenTexts",
                manifest.getGolden().getQueriesCount() + manifest.getGolden().getDocumentsCount());
        fields.put(
                "evaluation",
                manifest.getEvaluationList().stream().map(ModelFields::of).toList());
        if (manifest.hasSparsity()) {
            fields.put("sparsity", of(manifest.getSparsity()));
        }
        fields.put("training", manifest.getTrainingJson());
        fields.put("license", manifest.getLicense());
        fields.put("contract", manifest.getContractJson());
        fields.put(
                "files", manifest.getFilesList().stream().map(ModelFields::of).toList());
        fields.put("lost", model.getLostList().stream().map(ModelFile::getPath).toList());
        return fields;
    }

    private static Map<String, Object> of(EvaluationFigure figure) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("collection", figure.getCollection());
        fields.put("metric", figure.getMetric());
        fields.put("value", figure.getValue());
        return fields;
    }

    private static Map<String, Object> of(SparsityFindings found) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("sample", found.getSample());
        fields.put("queries", found.getQueries());
        fields.put("documents", found.getDocuments());
        fields.put("queryNonZeros", found.getQueryNonZeros());
        fields.put("documentNonZeros", found.getDocumentNonZeros());
        fields.put("dead", found.getDead());
        fields.put("longestList", found.getLongestList());
        fields.put("saturated", found.getSaturated());
        fields.put("likeness", found.getLikeness());
        fields.put("flops", found.getFlops());
        fields.put("gateOff", found.getGateOff());
        fields.put("refusal", found.getRefusal());
        return fields;
    }

    private static Map<String, Object> of(ModelFile file) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("path", file.getPath());
        fields.put("sizeBytes", file.getBlob().getSizeBytes());
        fields.put("sha256", file.getBlob().getSha256());
        return fields;
    }
}
