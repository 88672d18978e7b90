package io.millrace.deploy.eval;

import io.millrace.evaluation.Qrels;
import io.millrace.evaluation.Ranking;
import io.millrace.evaluation.beir.BeirCorpus;
import io.millrace.evaluation.beir.BeirDocument;
import io.millrace.evaluation.beir.BeirFolder;
import io.millrace.evaluation.msmarco.MarcoFolder;
import io.millrace.evaluation.msmarco.TextLine;
import io.millrace.evaluation.msmarco.TextLines;
import java.io.Closeable;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Documents, queries and judgements.
 *
 * @param name what reports call it
 * @param folder in BEIR's layout, or in MS MARCO's if it holds {@code collection.tsv}
 * @param qrels judgements
 * @param queries id → text of at least every judged query
 */
public record TestCollection(String name, Path folder, Qrels qrels, Map<String, String> queries) {
    /** Documents, one at a time. For one thread. */
    public interface Documents extends Closeable {
        /** The next one, or null at the end. */
        @Nullable
        BeirDocument next() throws IOException;
    }

    /**
     * Reads what is judged; documents are read when they are needed.
     *
     * @param split name of the judgements
     * @throws IOException if a file is missing or breaks its format, or a judged query has no text
     */
    public static TestCollection read(Path folder, String split) throws IOException {
        boolean marco = MarcoFolder.is(folder);
        Qrels qrels = marco ? new MarcoFolder(folder).qrels(split) : new BeirFolder(folder).qrels(split);
        Map<String, String> queries = marco ? new MarcoFolder(folder).queries(split) : new BeirFolder(folder).queries();
        for (String id : qrels.queryIds()) {
            if (!queries.containsKey(id)) {
                throw new FileNotFoundException(
                        "the judgements '" + split + "' of " + folder + " judge the query '" + id
                                + "', whose text " + folder + (marco ? "/queries." + split + ".tsv" : "/queries.jsonl")
                                + " does not have");
            }
        }
        Path last = folder.toAbsolutePath().normalize().getFileName();
        String name = last == null ? folder.toString() : last.toString();
        return new TestCollection(marco ? name + "-" + split : name, folder, qrels, queries);
    }

    /**
     * What of a query's ranking is judged. In BEIR's layout some collections use documents as queries, and the document whose id is
     * the query's own is left out; MS MARCO numbers both on their own, so that there one id is two things.
     */
    public Ranking judged(String query, Ranking ranking) {
        return MarcoFolder.is(folder) ? ranking : ranking.without(query);
    }

    /** Opens the documents; the caller closes them. A passage of MS MARCO has no title. */
    public Documents documents() throws IOException {
        if (MarcoFolder.is(folder)) {
            TextLines lines = new MarcoFolder(folder).collection();
            return new Documents() {
                @Override
                public @Nullable BeirDocument next() throws IOException {
                    TextLine line = lines.next();
                    return line == null ? null : new BeirDocument(line.id(), "", line.text());
                }

                @Override
                public void close() throws IOException {
                    lines.close();
                }
            };
        }
        BeirCorpus corpus = new BeirFolder(folder).corpus();
        return new Documents() {
            @Override
            public @Nullable BeirDocument next() throws IOException {
                return corpus.next();
            }

            @Override
            public void close() throws IOException {
                corpus.close();
            }
        };
    }
}
