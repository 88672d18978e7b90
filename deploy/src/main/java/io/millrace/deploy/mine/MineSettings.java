package io.millrace.deploy.mine;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that decides what is mined for a query.
 *
 * @param collection which is asked
 * @param spaceId space that the collection is in, and must stay in
 * @param system name that the negatives stand under
 * @param ranges how many are drawn from how deep
 * @param seed of the draws
 * @param sharedIds whether a document with the query's id is the query itself
 * @param inputs digest of queries and judgements
 */
record MineSettings(
        String collection,
        String spaceId,
        String system,
        List<DepthRange> ranges,
        long seed,
        boolean sharedIds,
        String inputs) {
    /** As the file beside an unfinished one says it. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("collection", collection);
        fields.put("space", spaceId);
        fields.put("system", system);
        fields.put(
                "negatives",
                ranges.stream()
                        .map(range -> range.negatives() + "@" + range.depth())
                        .toList());
        fields.put("seed", seed);
        fields.put("sharedIds", sharedIds);
        fields.put("inputs", inputs);
        return fields;
    }
}
