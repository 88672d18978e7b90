package io.millrace.service.registry;

import io.millrace.service.blob.Sha256;
import io.millrace.v1.BlobId;
import io.millrace.v1.EvaluationFigure;
import io.millrace.v1.GoldenTexts;
import io.millrace.v1.ModelFile;
import io.millrace.v1.ModelManifest;
import io.millrace.v1.SparsityFindings;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * What a manifest must be, whoever made it: publishers check before they send, the registry before it takes, and workers before
 * they believe. Vectors of golden texts are checked where they are decoded.
 */
public final class ManifestRules {
    /** Largest manifest, bytes. */
    public static final int MAX_MANIFEST_BYTES = 8 << 20;

    /** Most files. */
    public static final int MAX_FILES = 4096;

    /** Fewest golden texts, queries and documents together. */
    public static final int MIN_GOLDEN_TEXTS = 16;

    /** Most golden texts. */
    public static final int MAX_GOLDEN_TEXTS = 1024;

    private static final int MAX_GOLDEN_BYTES = 64 << 10;
    private static final int MAX_TEXT_BYTES = 1 << 20;
    private static final int MAX_FIGURES = 4096;
    private static final int MAX_LABEL_CHARS = 256;
    private static final int MAX_REFUSAL_CHARS = 16 << 10;
    private static final int MAX_PATH_CHARS = 512;
    private static final int MAX_PATH_NAMES = 8;

    /**
     * A name of a path. It never starts with a dot, so that none leads out of the folder or hides; and it has no character that
     * any file system takes for more than a name.
     */
    private static final Pattern PATH_NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._ +-]{0,199}");

    private ManifestRules() {}

    /** A rule that is broken: the field at fault, and what is wrong with it. */
    public record Violation(String field, String message) {
        @Override
        public String toString() {
            return field + ": " + message;
        }
    }

    /** The first rule that a manifest breaks; empty = none. */
    public static Optional<Violation> violation(ModelManifest manifest) {
        int bytes = manifest.getSerializedSize();
        if (bytes > MAX_MANIFEST_BYTES) {
            return broken("manifest", "has " + bytes + " bytes; the limit is " + MAX_MANIFEST_BYTES);
        }
        if (!ModelName.isName(manifest.getName())) {
            return broken("name", "'" + shortened(manifest.getName()) + "' is not one; use " + ModelName.RULE);
        }
        if (manifest.getVersion() < 0) {
            return broken("version", "is " + Long.toUnsignedString(manifest.getVersion()) + "; use 1 to 2^63 - 1");
        }
        if (!Sha256.isHex(manifest.getSpaceId())) {
            return broken(
                    "space_id",
                    "'" + shortened(manifest.getSpaceId())
                            + "' is not a space id; give 64 lower-case hexadecimal characters");
        }
        return files(manifest)
                .or(() -> golden(manifest.getGolden()))
                .or(() -> figures(manifest.getEvaluationList()))
                .or(() -> sparsity(manifest.getSparsity()))
                .or(() -> texts(manifest))
                .or(() -> parent(manifest));
    }

    /** Why a path may not be a file of a model; empty = it may. */
    public static Optional<String> pathProblem(String path) {
        String[] names = path.split("/", -1);
        if (path.length() > MAX_PATH_CHARS || names.length > MAX_PATH_NAMES) {
            return Optional.of("has " + path.length() + " characters and " + names.length + " names; the limits are "
                    + MAX_PATH_CHARS + " and " + MAX_PATH_NAMES);
        }
        for (String name : names) {
            if (!PATH_NAME.matcher(name).matches() || name.endsWith(" ")) {
                return Optional.of("'" + shortened(path)
                        + "' is not a path within a model's folder; use names of letters, digits and \"._ +-\", not"
                        + " starting with a dot, separated by '/'");
            }
        }
        return Optional.empty();
    }

    /** Bytes of all files of a manifest that breaks no rule. */
    public static long sizeBytes(ModelManifest manifest) {
        return manifest.getFilesList().stream()
                .mapToLong(file -> file.getBlob().getSizeBytes())
                .sum();
    }

    private static Optional<Violation> files(ModelManifest manifest) {
        int count = manifest.getFilesCount();
        if (count == 0 || count > MAX_FILES) {
            return broken("files", "has " + count + " files; give 1 to " + MAX_FILES);
        }
        // Folded, because some file systems take two spellings for one.
        Set<String> paths = new TreeSet<>();
        Map<String, Long> sizes = new HashMap<>();
        long total = 0;
        for (int i = 0; i < count; i++) {
            ModelFile file = manifest.getFiles(i);
            String field = "files[" + i + "]";
            Optional<String> problem = pathProblem(file.getPath());
            if (problem.isPresent()) {
                return broken(field + ".path", problem.get());
            }
            if (!paths.add(file.getPath().toLowerCase(Locale.ROOT))) {
                return broken(field + ".path", "'" + file.getPath() + "' is there twice");
            }
            BlobId blob = file.getBlob();
            if (!Sha256.isHex(blob.getSha256())) {
                return broken(field + ".blob.sha256", "'" + shortened(blob.getSha256()) + "' is not a SHA-256");
            }
            Long size = sizes.putIfAbsent(blob.getSha256(), blob.getSizeBytes());
            if (blob.getSizeBytes() < 0 || (size != null && size != blob.getSizeBytes())) {
                return broken(
                        field + ".blob.size_bytes",
                        "is " + Long.toUnsignedString(blob.getSizeBytes())
                                + (size == null ? "" : ", but the same SHA-256 has " + size + " bytes before"));
            }
            total += blob.getSizeBytes();
            if (total < 0) {
                return broken("files", "are more than 2^63 bytes together");
            }
        }
        return folders(paths);
    }

    /** No file may be where another one needs a folder. */
    private static Optional<Violation> folders(Set<String> paths) {
        for (String path : paths) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                if (paths.contains(path.substring(0, slash))) {
                    return broken("files", "'" + path.substring(0, slash) + "' is both a file and a folder");
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Violation> golden(GoldenTexts golden) {
        int count = golden.getQueriesCount() + golden.getDocumentsCount();
        if (golden.getQueriesCount() == 0 || golden.getDocumentsCount() == 0 || count < MIN_GOLDEN_TEXTS) {
            return broken(
                    "golden",
                    "has " + golden.getQueriesCount() + " queries and " + golden.getDocumentsCount()
                            + " documents; give some of both, " + MIN_GOLDEN_TEXTS + " or more together");
        }
        if (count > MAX_GOLDEN_TEXTS) {
            return broken("golden", "has " + count + " texts; the limit is " + MAX_GOLDEN_TEXTS);
        }
        if (golden.getQueryVectors().getCount() != golden.getQueriesCount()
                || golden.getDocumentVectors().getCount() != golden.getDocumentsCount()) {
            return broken("golden", "has another number of vectors than of texts; give one vector for each");
        }
        for (List<String> texts : List.of(golden.getQueriesList(), golden.getDocumentsList())) {
            for (String text : texts) {
                if (text.isEmpty() || text.getBytes(StandardCharsets.UTF_8).length > MAX_GOLDEN_BYTES) {
                    return broken(
                            "golden",
                            "has a text of " + text.length() + " characters; give 1 byte to " + MAX_GOLDEN_BYTES);
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<Violation> figures(List<EvaluationFigure> figures) {
        if (figures.size() > MAX_FIGURES) {
            return broken("evaluation", "has " + figures.size() + " figures; the limit is " + MAX_FIGURES);
        }
        for (int i = 0; i < figures.size(); i++) {
            EvaluationFigure figure = figures.get(i);
            String field = "evaluation[" + i + "]";
            if (label(figure.getCollection()) || label(figure.getMetric())) {
                return broken(
                        field,
                        "is of '" + shortened(figure.getMetric()) + "' on '" + shortened(figure.getCollection())
                                + "'; give both, up to " + MAX_LABEL_CHARS + " characters");
            }
            if (!Double.isFinite(figure.getValue())) {
                return broken(field + ".value", "is " + figure.getValue() + "; give a finite number");
            }
        }
        return Optional.empty();
    }

    private static Optional<Violation> sparsity(SparsityFindings found) {
        for (double value : new double[] {
            found.getQueryNonZeros(),
            found.getDocumentNonZeros(),
            found.getDead(),
            found.getLongestList(),
            found.getLikeness(),
            found.getFlops()
        }) {
            if (!Double.isFinite(value)) {
                return broken("sparsity", "has a number that is " + value + "; give finite ones");
            }
        }
        if (found.getSample().length() > MAX_LABEL_CHARS || found.getRefusal().length() > MAX_REFUSAL_CHARS) {
            return broken(
                    "sparsity",
                    "has texts of " + found.getSample().length() + " and "
                            + found.getRefusal().length() + " characters; the limits are " + MAX_LABEL_CHARS + " and "
                            + MAX_REFUSAL_CHARS);
        }
        return Optional.empty();
    }

    private static boolean label(String text) {
        return text.isBlank() || text.length() > MAX_LABEL_CHARS;
    }

    private static Optional<Violation> texts(ModelManifest manifest) {
        Map<String, String> texts = Map.of(
                "contract_json", manifest.getContractJson(),
                "training_json", manifest.getTrainingJson(),
                "license", manifest.getLicense());
        if (manifest.getContractJson().isEmpty()) {
            return broken("contract_json", "is empty; give the model's encoding contract");
        }
        return texts.entrySet().stream()
                .filter(text -> text.getValue().getBytes(StandardCharsets.UTF_8).length > MAX_TEXT_BYTES)
                .map(text -> new Violation(
                        text.getKey(),
                        "has " + text.getValue().length() + " characters; the limit is " + MAX_TEXT_BYTES + " bytes"))
                .findFirst();
    }

    private static Optional<Violation> parent(ModelManifest manifest) {
        if (manifest.hasParent()
                && (!ModelName.isName(manifest.getParent().getName())
                        || manifest.getParent().getVersion() < 1)) {
            return broken("parent", "must name a model and a version of 1 or more");
        }
        return Optional.empty();
    }

    private static Optional<Violation> broken(String field, String message) {
        return Optional.of(new Violation(field, message));
    }

    private static String shortened(String text) {
        return text.length() <= 80 ? text : text.substring(0, 80) + "…";
    }
}
