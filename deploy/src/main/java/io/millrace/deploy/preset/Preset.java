package io.millrace.deploy.preset;

import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.RoleContract;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * How a published kind of model reads texts.
 *
 * @param name as the command line spells it
 * @param source where it was published, and what differs from there
 * @param query how queries become vectors
 * @param document how documents become vectors
 */
record Preset(
        String name,
        String source,
        Function<CheckpointFacts, RoleContract> query,
        Function<CheckpointFacts, RoleContract> document) {
    /** The contract for a checkpoint; digests are not known yet. */
    EncodingContract contract(CheckpointFacts facts) {
        return new EncodingContract(facts.name(), query.apply(facts), document.apply(facts), new TreeMap<>());
    }
}
