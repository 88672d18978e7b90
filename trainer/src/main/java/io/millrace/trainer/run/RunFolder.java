package io.millrace.trainer.run;

import io.millrace.model.checkpoint.Digests;
import io.millrace.model.learning.Optimizer;
import io.millrace.service.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a run writes:
 *
 * <pre>
 * recipe.yaml                what it was told
 * log.jsonl                  a line for each report and each judgement
 * states/00000500/           weights and history after a step, and where the data go on: from here the run goes on
 * best/  last/               checkpoints
 * stores/                    indexes of the data, made anew if they are missing
 * </pre>
 *
 * A state appears whole or not at all: it is written beside its place, synced, and moved there.
 *
 * @param path the folder
 */
record RunFolder(Path path) {
    private static final Logger log = LoggerFactory.getLogger(RunFolder.class);
    private static final String WEIGHTS = "weights.safetensors";
    private static final String STATE = "state.json";

    Path recipe() {
        return path.resolve("recipe.yaml");
    }

    Path log() {
        return path.resolve("log.jsonl");
    }

    Path stores() {
        return path.resolve("stores");
    }

    Path best() {
        return path.resolve("best");
    }

    Path last() {
        return path.resolve("last");
    }

    private Path states() {
        return path.resolve("states");
    }

    private Path state(long step) {
        return states().resolve("%08d".formatted(step));
    }

    /** Saved states, newest first. */
    private List<Path> saved() throws IOException {
        if (!Files.isDirectory(states())) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(states())) {
            return found.filter(state -> state.getFileName().toString().matches("\\d+"))
                    .sorted(Comparator.comparing(
                                    (Path state) -> state.getFileName().toString())
                            .reversed())
                    .toList();
        }
    }

    /**
     * Saves a state.
     *
     * @param state its digest of the weights is not looked at
     * @param kept how many states stay, this one included
     */
    void save(RunState state, Optimizer optimizer, int kept) throws IOException {
        Path target = state(state.step());
        if (Files.exists(target)) {
            return;
        }
        Path part = states().resolve("part");
        delete(part);
        Files.createDirectories(part);
        optimizer.save(part.resolve(WEIGHTS));
        RunState whole = state.withWeights(Digests.ofFile(part.resolve(WEIGHTS)));
        DurableFile.replace(part.resolve(STATE), whole.toJson());
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
        DurableFile.syncNames(states());
        List<Path> all = saved();
        for (Path old : all.subList(Math.min(kept, all.size()), all.size())) {
            delete(old);
        }
    }

    /**
     * Goes on from the newest state that is whole.
     *
     * @param recipe SHA-256 of the recipe that the run is about to follow
     * @return empty if there is none, so that the run begins
     * @throws IllegalArgumentException if the state belongs to another recipe
     */
    Optional<RunState> restore(String recipe, Optimizer optimizer) throws IOException {
        for (Path saved : saved()) {
            Optional<RunState> state = read(saved);
            if (state.isPresent()) {
                if (!state.get().recipe().equals(recipe)) {
                    throw new IllegalArgumentException(saved + " was saved under another recipe than " + recipe()
                            + "; give the run the recipe that it began with, or another folder");
                }
                optimizer.restore(saved.resolve(WEIGHTS), state.get().step());
                return state;
            }
        }
        return Optional.empty();
    }

    private static Optional<RunState> read(Path saved) throws IOException {
        try {
            RunState state = RunState.fromJson(Files.readString(saved.resolve(STATE)));
            if (Digests.ofFile(saved.resolve(WEIGHTS)).equals(state.weights())) {
                return Optional.of(state);
            }
            log.warn(
                    "{} is damaged: its weights have another digest than when it was saved; an older one is used",
                    saved);
        } catch (java.nio.file.NoSuchFileException | IllegalArgumentException e) {
            log.warn("{} is damaged; an older one is used", saved, e);
        }
        return Optional.empty();
    }

    /** Deletes a folder of files and of folders of files, if it is there. */
    static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> found = Files.walk(folder)) {
                for (Path file : found.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
