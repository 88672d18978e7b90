package io.millrace.model.adapter;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Finds the tensors that an adapter means in a checkpoint that may have been saved with another head: its names may have
 * one component more or less in front, as {@code model.layers.0…} and {@code layers.0…}.
 */
final class TargetNames {
    private final Set<String> base;
    private final UnaryOperator<String> naming;

    private TargetNames(Set<String> base, UnaryOperator<String> naming) {
        this.base = base;
        this.naming = naming;
    }

    /**
     * Chooses the prefix under which most names are found; none, if that is as good.
     *
     * @param base names in the checkpoint
     * @param wanted names as the adapter has them
     */
    static TargetNames matching(Set<String> base, Collection<String> wanted) {
        TargetNames best = new TargetNames(base, UnaryOperator.identity());
        long found = best.count(wanted);
        for (String prefix : firstComponents(base)) {
            TargetNames longer = new TargetNames(base, name -> prefix + name);
            if (longer.count(wanted) > found) {
                best = longer;
                found = longer.count(wanted);
            }
        }
        for (String prefix : firstComponents(wanted)) {
            TargetNames shorter =
                    new TargetNames(base, name -> name.startsWith(prefix) ? name.substring(prefix.length()) : name);
            if (shorter.count(wanted) > found) {
                best = shorter;
                found = shorter.count(wanted);
            }
        }
        return best;
    }

    private static Set<String> firstComponents(Collection<String> names) {
        Set<String> prefixes = new LinkedHashSet<>();
        for (String name : names) {
            if (name.indexOf('.') >= 0) {
                prefixes.add(name.substring(0, name.indexOf('.') + 1));
            }
        }
        return prefixes;
    }

    private long count(Collection<String> wanted) {
        return wanted.stream().filter(name -> base.contains(naming.apply(name))).count();
    }

    /** Name in the checkpoint of a tensor of the adapter; empty if it is not there. */
    Optional<String> find(String wanted) {
        return Optional.of(naming.apply(wanted)).filter(base::contains);
    }

    /** The name in the checkpoint that shares most with one that is not there; empty if there are no tensors. */
    String nearest(String wanted) {
        String nearest = "";
        int most = -1;
        for (String name : base) {
            int shared = shared(naming.apply(wanted), name);
            if (shared > most) {
                nearest = name;
                most = shared;
            }
        }
        return nearest;
    }

    /** Characters that two names share at their beginning and at their end. */
    private static int shared(String one, String other) {
        int length = Math.min(one.length(), other.length());
        int front = 0;
        while (front < length && one.charAt(front) == other.charAt(front)) {
            front++;
        }
        int back = 0;
        while (back < length - front
                && one.charAt(one.length() - 1 - back) == other.charAt(other.length() - 1 - back)) {
            back++;
        }
        return front + back;
    }
}
