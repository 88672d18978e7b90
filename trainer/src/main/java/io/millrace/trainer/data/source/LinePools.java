package io.millrace.trainer.data.source;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.InfoNceLine;
import io.millrace.trainer.data.format.KdLine;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.Candidate;
import io.millrace.trainer.data.pool.CandidatePool;
import io.millrace.trainer.data.pool.Candidates;
import io.millrace.trainer.data.pool.Digests;
import io.millrace.trainer.data.pool.PoolSource;
import io.millrace.trainer.data.store.LineFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/** JSON lines that hold a whole group with its texts: OpenSearch's files for distillation and for contrastive training. */
public final class LinePools implements PoolSource {
    /** Makes a pool of a line. */
    private interface Syntax {
        CandidatePool pool(String line, String place) throws DataFormatException;
    }

    private final LineFile lines;
    private final Syntax syntax;
    private final String name;

    private LinePools(Path file, Path stores, Syntax syntax, String name) throws IOException {
        this.lines = LineFile.open(file, stores, syntax::pool);
        this.syntax = syntax;
        this.name = name;
    }

    /**
     * Opens a file for distillation, see {@link KdLine}; its store is built now if need be.
     *
     * @param bestFirst whether the document with the best score is the positive, rather than the first one
     * @throws DataFormatException naming a line that is not as it must be
     */
    public static LinePools distillation(Path file, Path stores, boolean bestFirst, TextRepair repair)
            throws IOException {
        return new LinePools(
                file,
                stores,
                (line, place) -> {
                    KdLine parsed = KdLine.parse(line, place);
                    return pool(bestFirst ? parsed.bestFirst() : parsed, repair);
                },
                "distillation " + bestFirst + " " + repair);
    }

    /** Opens a file for contrastive training, see {@link InfoNceLine}; its store is built now if need be. */
    public static LinePools contrastive(Path file, Path stores, TextRepair repair) throws IOException {
        return new LinePools(
                file, stores, (line, place) -> pool(InfoNceLine.parse(line, place), repair), "contrastive " + repair);
    }

    private static CandidatePool pool(KdLine line, TextRepair repair) {
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < line.documents().size(); i++) {
            String id = line.documentIds().isEmpty() ? "" : line.documentIds().get(i);
            candidates.add(text(id, line.documents().get(i), repair)
                    .withScore(OptionalDouble.of(line.scores().get(i))));
        }
        return new CandidatePool(
                new Passage(line.queryId(), repair.apply(line.query())),
                candidates.subList(0, 1),
                Candidates.of(candidates.subList(1, candidates.size())),
                line.documentIds().isEmpty()
                        ? Set.of()
                        : Set.of(line.documentIds().getFirst()));
    }

    private static CandidatePool pool(InfoNceLine line, TextRepair repair) {
        return new CandidatePool(
                new Passage("", repair.apply(line.query())),
                List.of(text("", line.positive(), repair)),
                Candidates.of(line.negatives().stream()
                        .map(negative -> text("", negative, repair))
                        .toList()),
                Set.of());
    }

    private static Candidate text(String id, String text, TextRepair repair) {
        return Candidate.of(new Passage(id, repair.apply(text)));
    }

    @Override
    public long size() {
        return lines.size();
    }

    @Override
    public Optional<CandidatePool> pool(long item) throws IOException {
        String line = lines.line(item);
        return line.isBlank() ? Optional.empty() : Optional.of(syntax.pool(line, lines.place(item)));
    }

    @Override
    public String digest() {
        return Digests.of(name, lines.digest());
    }

    @Override
    public void close() {
        lines.close();
    }
}
