package io.millrace.trainer.lexical;

import io.millrace.trainer.objective.Penalty;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The floors of a run.
 *
 * @param documents file in which tokens are counted, JSON lines as BEIR's or {@code id TAB text}
 * @param floors at most one a side
 */
public record LexicalFloors(Path documents, List<LexicalFloor> floors) {
    /** @throws IllegalArgumentException if a side has two floors */
    public LexicalFloors {
        floors = List.copyOf(floors);
        if (floors.stream().map(LexicalFloor::side).distinct().count() != floors.size()) {
            throw new IllegalArgumentException("a side has two lexical floors; give it one");
        }
    }

    /** Floor of a side, if it has one. */
    public Optional<LexicalFloor> of(Penalty.Side side) {
        return floors.stream().filter(floor -> floor.side() == side).findFirst();
    }
}
