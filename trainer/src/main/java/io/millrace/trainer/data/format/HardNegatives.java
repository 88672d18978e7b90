package io.millrace.trainer.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.trainer.data.DataFormatException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What several systems found for a query and was not judged relevant: a line
 * {@code {"qid": …, "pos": [ids], "neg": {"system": [ids], …}}} of {@code msmarco-hard-negatives.jsonl}. Further fields,
 * such as the ranks and scores that mining writes, are left aside.
 *
 * @param queryId id of the query
 * @param positives ids of documents that answer it
 * @param bySystem name of the system → ids of documents it found, best first
 */
public record HardNegatives(String queryId, List<String> positives, Map<String, List<String>> bySystem) {
    /** Reads a line. */
    public static HardNegatives parse(String line, String place) throws DataFormatException {
        JsonFields fields = JsonFields.parse(line, place);
        Map<String, List<String>> bySystem = new LinkedHashMap<>();
        JsonFields negatives = fields.inside("neg");
        for (Map.Entry<String, JsonNode> system : fields.members("neg").entrySet()) {
            bySystem.put(system.getKey(), negatives.ids(system.getKey()));
        }
        return new HardNegatives(fields.id("qid"), fields.ids("pos"), bySystem);
    }

    /**
     * Ids that the systems found, without repetition: the first of each system, then the second of each, and so on.
     *
     * @param systems whose; empty for all
     */
    public Set<String> of(Set<String> systems) {
        List<List<String>> chosen = bySystem.entrySet().stream()
                .filter(system -> systems.isEmpty() || systems.contains(system.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        int deepest = chosen.stream().mapToInt(List::size).max().orElse(0);
        Set<String> ids = new LinkedHashSet<>();
        for (int rank = 0; rank < deepest; rank++) {
            for (List<String> found : chosen) {
                if (rank < found.size()) {
                    ids.add(found.get(rank));
                }
            }
        }
        return ids;
    }
}
