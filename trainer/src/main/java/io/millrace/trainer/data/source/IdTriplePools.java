package io.millrace.trainer.data.source;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.store.LineFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * MS MARCO's triples of ids, {@code query TAB positive TAB negative} a line, such as {@code qidpidtriples.train.full.tsv};
 * texts come from a collection. With judgements, a negative that another judgement calls relevant is left out.
 */
public final class IdTriplePools implements PoolSource {
    private final LineFile lines;
    private final Collection collection;
    private final Relevance relevance;

    private IdTriplePools(LineFile lines, Collection collection, Relevance relevance) {
        this.lines = lines;
        this.collection = collection;
        this.relevance = relevance;
    }

    /**
     * Opens a file; its store is built now if need be.
     *
     * @param collection closed with this
     * @throws DataFormatException if a line is no triple
     */
    public static IdTriplePools open(Path file, Path stores, Collection collection, Relevance relevance)
            throws IOException {
        return new IdTriplePools(LineFile.open(file, stores, TriplePools::fields), collection, relevance);
    }

    @Override
    public long size() {
        return lines.size();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        String line = lines.line(item);
        if (line.isBlank()) {
            return Optional.empty();
        }
        List<String> ids = TriplePools.fields(line, lines.place(item));
        Passage query = collection
                .queries()
                .find(ids.get(0))
                .orElseThrow(() ->
                        missing(item, "query", ids.get(0), collection.queries().source()));
        for (String id : ids.subList(1, 3)) {
            if (collection.documents().find(id).isEmpty()) {
                throw missing(item, "document", id, collection.documents().source());
            }
        }
        Set<String> relevant = relevance.of(query.id(), Set.of(ids.get(1)));
        return Optional.of(new CandidatePool(
                query,
                List.of(NegativeLists.byId(ids.get(1), collection.documents())),
                NegativeLists.listed(List.of(ids.get(2)), collection.documents()),
                relevant));
    }

    private DataFormatException missing(long item, String what, String id, Path where) {
        return new DataFormatException(
                lines.place(item),
                "the " + what + " '" + id + "' is not in " + where
                        + "; give the file that these triples were made from");
    }

    @Override
    public String digest() {
        return Digests.of("id triples", lines.digest(), collection.digest(), relevance.digest());
    }

    @Override
    public void close() {
        lines.close();
        collection.close();
    }
}
