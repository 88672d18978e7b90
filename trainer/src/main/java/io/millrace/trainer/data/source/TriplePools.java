package io.millrace.trainer.data.source;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.Candidate;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Candidates;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.store.LineFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** MS MARCO's triples of texts, {@code query TAB positive TAB negative} a line; ids are not in it. */
public final class TriplePools implements PoolSource {
    private final LineFile lines;
    private final TextRepair repair;

    private TriplePools(LineFile lines, TextRepair repair) {
        this.lines = lines;
        this.repair = repair;
    }

    /**
     * Opens a file; its store is built now if need be.
     *
     * @throws DataFormatException if a line is no triple
     */
    public static TriplePools open(Path file, Path stores, TextRepair repair) throws IOException {
        return new TriplePools(LineFile.open(file, stores, TriplePools::fields), repair);
    }

    /** The three fields of a line. */
    static List<String> fields(String line, String place) throws DataFormatException {
        List<String> fields = List.of(line.split("\t", -1));
        if (fields.size() != 3 || fields.stream().anyMatch(String::isBlank)) {
            throw new DataFormatException(
                    place,
                    "expected query, positive and negative with one tab between each, but found " + fields.size()
                            + " field(s)" + (fields.stream().anyMatch(String::isBlank) ? ", one of them empty" : ""));
        }
        return fields;
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
        List<String> texts =
                fields(line, lines.place(item)).stream().map(repair::apply).toList();
        return Optional.of(new CandidatePool(
                new Passage("", texts.get(0)),
                List.of(Candidate.of(new Passage("", texts.get(1)))),
                Candidates.of(List.of(Candidate.of(new Passage("", texts.get(2))))),
                Set.of()));
    }

    @Override
    public String digest() {
        return Digests.of("triples", lines.digest(), repair.name());
    }

    @Override
    public void close() {
        lines.close();
    }
}
