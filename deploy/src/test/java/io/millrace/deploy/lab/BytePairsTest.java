package io.millrace.deploy.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.tokenizer.TextTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BytePairsTest {
    @TempDir
    private Path folder;

    private static List<String> texts(Random random) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            StringBuilder text = new StringBuilder();
            for (int word = 0; word < 8; word++) {
                text.append(word == 0 ? "" : " ");
                for (int letter = random.nextInt(6); letter >= 0; letter--) {
                    text.append((char) ('a' + random.nextInt(4)));
                }
            }
            texts.add(text.toString());
        }
        return texts;
    }

    /** Joins the most frequent pair of all words again and again, counting from the beginning each time. */
    private static List<String> countedAnew(List<String> texts, int merges) {
        Map<List<String>, Long> words =
                new TreeMap<>((a, b) -> String.join(" ", a).compareTo(String.join(" ", b)));
        for (String text : texts) {
            for (String word : text.split(" ", -1)) {
                words.merge(("Ġ" + word).chars().mapToObj(Character::toString).toList(), 1L, Long::sum);
            }
        }
        List<String> joined = new ArrayList<>();
        for (int merge = 0; merge < merges; merge++) {
            Map<String, Long> counts = new TreeMap<>();
            words.forEach((word, count) -> {
                for (int i = 0; i + 1 < word.size(); i++) {
                    counts.merge(word.get(i) + " " + word.get(i + 1), count, Long::sum);
                }
            });
            long most =
                    counts.values().stream().mapToLong(Long::longValue).max().orElse(0);
            List<String> best = counts.entrySet().stream()
                    .filter(entry -> entry.getValue() == most)
                    .map(Map.Entry::getKey)
                    .toList();
            if (most < 2 || best.size() > 1) {
                break;
            }
            joined.add(best.getFirst());
            String[] pair = best.getFirst().split(" ", -1);
            Map<List<String>, Long> next =
                    new TreeMap<>((a, b) -> String.join(" ", a).compareTo(String.join(" ", b)));
            words.forEach((word, count) -> {
                List<String> parts = new ArrayList<>();
                for (int i = 0; i < word.size(); i++) {
                    boolean both = i + 1 < word.size()
                            && word.get(i).equals(pair[0])
                            && word.get(i + 1).equals(pair[1]);
                    parts.add(both ? pair[0] + pair[1] : word.get(i));
                    i += both ? 1 : 0;
                }
                next.merge(parts, count, Long::sum);
            });
            words = next;
        }
        return joined;
    }

    @Test
    void joinsThePairsThatCountingAnewFinds() throws IOException {
        int compared = 0;
        for (int seed = 0; seed < 10; seed++) {
            List<String> texts = texts(new Random(seed));
            // Up to the first pair of which another is as frequent.
            List<String> expected = countedAnew(texts, 40);
            String json = BytePairs.learn(texts, 256 + 40).toJson();
            List<String> merges = new ArrayList<>();
            new JsonMapper().readTree(json).path("model").path("merges").forEach(merge -> merges.add(merge.asText()));

            assertThat(merges.subList(0, expected.size())).as("seed %d", seed).isEqualTo(expected);
            compared += expected.size();
        }
        assertThat(compared).isGreaterThan(50);
    }

    @Test
    void theTokenizerTakesTheVocabularyAndGivesTextsBack() throws IOException {
        List<String> texts =
                List.of("the tide and the moon", "the oven, the bread", "the tide's harbour", "naïve 12 moons");
        BytePairs pairs = BytePairs.learn(texts, 300);
        Path file = Files.writeString(folder.resolve("tokenizer.json"), pairs.toJson());
        try (TextTokenizer tokenizer = TextTokenizer.open(file)) {
            assertThat(tokenizer.ids("the")).hasSize(1);
            for (String text : texts) {
                assertThat(tokenizer.decode(tokenizer.ids(text)).strip()).isEqualTo(text);
            }
            assertThat(tokenizer.decode(tokenizer.ids("Unseen: 7€")).strip()).isEqualTo("unseen: 7€");
        }
        assertThat(BytePairs.learn(texts, 300).toJson()).isEqualTo(pairs.toJson());
    }

    @Test
    void endsWhereNoPairOccursTwice() {
        BytePairs pairs = BytePairs.learn(List.of("ab"), 1000);

        assertThat(pairs.size()).isEqualTo(256);
    }
}
