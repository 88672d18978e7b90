package io.millrace.evaluation.msmarco;

import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.trec.TrecFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A collection in MS MARCO's layout, each file plain or gzipped:
 *
 * <pre>
 * collection.tsv       id TAB passage
 * queries.NAME.tsv     id TAB query
 * qrels.NAME.tsv       query iteration passage grade, also as .txt; of TREC's deep-learning tracks, too
 * </pre>
 *
 * <p>A <em>split</em> is a NAME that has both queries and judgements, such as {@code dev.small} or {@code dl19}.
 *
 * @param folder the folder
 */
public record MarcoFolder(Path folder) {
    private static final List<String> ENDINGS = List.of(".tsv", ".txt", ".tsv.gz", ".txt.gz");

    /** Whether a folder is laid out like this. */
    public static boolean is(Path folder) {
        return Files.isRegularFile(folder.resolve("collection.tsv"))
                || Files.isRegularFile(folder.resolve("collection.tsv.gz"));
    }

    /** Opens the passages; the caller closes them. */
    public TextLines collection() throws IOException {
        return TextLines.open(find("collection"));
    }

    /**
     * Names of all splits, in the order of the alphabet.
     *
     * @throws FileNotFoundException if there are none
     */
    public List<String> splits() throws IOException {
        List<String> splits;
        try (Stream<Path> files = Files.list(folder)) {
            splits = files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.startsWith("queries."))
                    .flatMap(name -> ENDINGS.stream()
                            .filter(ending ->
                                    name.endsWith(ending) && name.length() > "queries.".length() + ending.length())
                            .map(ending -> name.substring("queries.".length(), name.length() - ending.length())))
                    .distinct()
                    .filter(split -> exists("qrels." + split))
                    .sorted()
                    .toList();
        }
        if (splits.isEmpty()) {
            throw new FileNotFoundException(
                    folder + " has no queries.NAME.tsv with a qrels.NAME.tsv (or .txt) of the same NAME");
        }
        return splits;
    }

    /**
     * Reads the queries of a split, id → text, in the order of the file.
     *
     * @throws io.millrace.evaluation.trec.TrecFormatException if a line is not a query, or an id occurs twice
     */
    public Map<String, String> queries(String split) throws IOException {
        Map<String, String> queries = new LinkedHashMap<>();
        try (TextLines lines = TextLines.open(find("queries." + split))) {
            for (TextLine line = lines.next(); line != null; line = lines.next()) {
                if (queries.put(line.id(), line.text()) != null) {
                    throw lines.problem("the query id '" + line.id() + "' occurs twice");
                }
            }
        }
        return Collections.unmodifiableMap(queries);
    }

    /** Reads the judgements of a split; see {@link TrecFiles#readQrels}. */
    public Qrels qrels(String split) throws IOException {
        return TrecFiles.readQrels(find("qrels." + split));
    }

    private boolean exists(String name) {
        return ENDINGS.stream().anyMatch(ending -> Files.isRegularFile(folder.resolve(name + ending)));
    }

    private Path find(String name) throws FileNotFoundException {
        return ENDINGS.stream()
                .map(ending -> folder.resolve(name + ending))
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new FileNotFoundException(folder + " has no " + name
                        + ".tsv; such a folder holds collection.tsv, queries.NAME.tsv and qrels.NAME.tsv"));
    }
}
