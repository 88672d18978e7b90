package io.millrace.trainer.data.source;

import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.trainer.data.format.PassageStore;
import io.millrace.trainer.data.format.PassageSyntax;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.Digests;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Queries and documents by id.
 *
 * @param queries queries
 * @param documents documents
 */
public record Collection(PassageStore queries, PassageStore documents) implements Closeable {
    /**
     * Opens two files, JSON lines as BEIR's or else {@code id TAB text} as MS MARCO's, told by their names.
     *
     * @param stores folder where stores are kept
     */
    public static Collection open(Path queries, Path documents, Path stores, TextRepair repair) throws IOException {
        PassageStore asked = passages(queries, stores, repair);
        try {
            return new Collection(asked, passages(documents, stores, repair));
        } catch (IOException | RuntimeException e) {
            asked.close();
            throw e;
        }
    }

    /** Opens a folder in BEIR's layout, see {@link BeirFolder}. */
    public static Collection beir(Path folder, Path stores) throws IOException {
        return open(find(folder, "queries.jsonl"), find(folder, "corpus.jsonl"), stores, TextRepair.NONE);
    }

    private static PassageStore passages(Path file, Path stores, TextRepair repair) throws IOException {
        return PassageStore.open(file, stores, PassageSyntax.ofName(String.valueOf(file.getFileName())), repair);
    }

    private static Path find(Path folder, String name) throws FileNotFoundException {
        return List.of(name, name + ".gz").stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new FileNotFoundException(folder + " has neither " + name + " nor " + name
                        + ".gz; a BEIR folder holds corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv"));
    }

    /** Digest of both. */
    String digest() {
        return Digests.of(queries.digest(), documents.digest());
    }

    @Override
    public void close() {
        queries.close();
        documents.close();
    }
}
