package io.millrace.deploy.score;

import io.millrace.model.scoring.Scorer;
import io.millrace.model.scoring.TextPair;
import io.millrace.trainer.data.Passage;
import io.millrace.trainer.data.format.HardNegatives;
import io.millrace.trainer.data.format.KdLine;
import io.millrace.trainer.data.source.Collection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Scores the positives and negatives of queries, whose texts are looked up by id. For one thread. */
final class CandidateScores {
    private final Collection texts;
    private final Scorer scorer;
    private long missing;

    CandidateScores(Collection texts, Scorer scorer) {
        this.texts = texts;
        this.scorer = scorer;
    }

    /** Queries and documents so far that no text was found for. */
    long missing() {
        return missing;
    }

    private record Scored(Passage query, Map<String, Passage> documents, Map<String, Float> scores) {}

    /** Scores by id, one object if the query has a text and a document. */
    List<Map<String, Map<String, Float>>> byId(HardNegatives line) throws IOException {
        return scored(line)
                .map(found -> List.of(Map.of(line.queryId(), found.scores())))
                .orElse(List.of());
    }

    /** A line for each positive: first the positive, then all negatives. */
    List<Map<String, Object>> distillation(HardNegatives line) throws IOException {
        Optional<Scored> scored = scored(line);
        if (scored.isEmpty()) {
            return List.of();
        }
        Scored found = scored.get();
        Set<String> negatives = line.of(Set.of());
        line.positives().forEach(negatives::remove);
        List<Map<String, Object>> lines = new ArrayList<>();
        for (String positive : line.positives()) {
            List<String> ids = new ArrayList<>(List.of(positive));
            ids.addAll(negatives);
            if (found.scores().containsKey(positive)) {
                ids.removeIf(id -> !found.scores().containsKey(id));
                lines.add(new KdLine(
                                line.queryId(),
                                found.query().text(),
                                ids,
                                ids.stream()
                                        .flatMap(id -> Optional.ofNullable(
                                                found.documents().get(id))
                                                .stream())
                                        .map(Passage::text)
                                        .toList(),
                                ids.stream()
                                        .flatMap(id -> Optional.ofNullable(
                                                found.scores().get(id))
                                                .stream())
                                        .toList())
                        .fields());
            }
        }
        return lines;
    }

    private Optional<Scored> scored(HardNegatives line) throws IOException {
        Optional<Passage> query = texts.queries().find(line.queryId());
        if (query.isEmpty()) {
            missing++;
            return Optional.empty();
        }
        Set<String> ids = new LinkedHashSet<>(line.positives());
        ids.addAll(line.of(Set.of()));
        Map<String, Passage> documents = new LinkedHashMap<>();
        for (String id : ids) {
            Optional<Passage> document = texts.documents().find(id);
            document.ifPresent(found -> documents.put(id, found));
            missing += document.isPresent() ? 0 : 1;
        }
        if (documents.isEmpty()) {
            return Optional.empty();
        }
        float[] scores = scorer.score(documents.values().stream()
                .map(document -> new TextPair(query.get().text(), document.text()))
                .toList());
        Map<String, Float> byDocument = new LinkedHashMap<>();
        int at = 0;
        for (String id : documents.keySet()) {
            byDocument.put(id, scores[at++]);
        }
        return Optional.of(new Scored(query.get(), documents, byDocument));
    }
}
