package io.millrace.encoder.models;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The models that a worker serves, at most two: the active one, which came first, and an incoming one beside it. Every batch
 * names its space, and goes to the model of that space. Safe for any thread; looking a model up takes no lock.
 */
public final class ModelSlots {
    /** Slots. */
    public static final int SLOTS = 2;

    private volatile List<ServedModel> models;

    /** One model in the active slot. */
    public ModelSlots(ServedModel active) {
        this.models = List.of(active);
    }

    /** All models, the active one first. */
    public List<ServedModel> all() {
        return models;
    }

    /** The active model. */
    public ServedModel active() {
        return models.getFirst();
    }

    /** The model of a space. */
    public Optional<ServedModel> find(String spaceId) {
        for (ServedModel model : models) {
            if (model.encoder().spaceId().equals(spaceId)) {
                return Optional.of(model);
            }
        }
        return Optional.empty();
    }

    /**
     * Puts a model into the free slot.
     *
     * @throws IllegalStateException if there is none, or its space is served already
     */
    public synchronized void add(ServedModel model) {
        if (models.size() == SLOTS || find(model.encoder().spaceId()).isPresent()) {
            throw new IllegalStateException("no slot for " + model.encoder().name() + " beside " + described());
        }
        List<ServedModel> next = new ArrayList<>(models);
        next.add(model);
        models = List.copyOf(next);
    }

    /**
     * Takes the model of a space out of its slot; the other one is active from here.
     *
     * @return empty if there is no such model, or no other
     */
    public synchronized Optional<ServedModel> remove(String spaceId) {
        Optional<ServedModel> found = find(spaceId);
        if (found.isEmpty() || models.size() == 1) {
            return Optional.empty();
        }
        models = models.stream().filter(model -> model != found.get()).toList();
        return found;
    }

    /** What is served, for messages. */
    public String described() {
        return models.stream()
                .map(model -> "'" + model.encoder().spaceId() + "' ("
                        + model.encoder().name() + ")")
                .collect(Collectors.joining(" and "));
    }
}
