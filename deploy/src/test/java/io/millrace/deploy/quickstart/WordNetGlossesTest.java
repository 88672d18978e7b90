package io.millrace.deploy.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.Document;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WordNetGlossesTest {
    private static List<Document> read(int count) {
        List<Document> documents = new ArrayList<>();
        Iterator<Document> glosses = WordNetGlosses.open(count);
        glosses.forEachRemaining(documents::add);
        return documents;
    }

    @Test
    void holdsEveryDefinitionOnce() {
        Set<String> ids = new HashSet<>();
        Iterator<Document> glosses = WordNetGlosses.open(WordNetGlosses.TOTAL);
        while (glosses.hasNext()) {
            Document document = glosses.next();
            assertThat(document.getSource().getText()).isNotBlank();
            assertThat(document.getSource().getTitle()).isNotBlank();
            ids.add(document.getId());
        }
        assertThat(ids).hasSize(WordNetGlosses.TOTAL).contains("n00001740");
    }

    @Test
    void selectsTheSameSpreadOverThePartsOfSpeechEachTime() {
        List<Document> some = read(1_000);
        assertThat(some).hasSize(1_000).isEqualTo(read(1_000));
        Map<String, Long> byPart = some.stream()
                .collect(Collectors.groupingBy(
                        document -> document.getSource().getMetadataOrThrow("pos"), Collectors.counting()));
        // 82,192 nouns, 13,789 verbs, 18,185 adjectives and 3,625 adverbs of 117,791.
        assertThat(byPart.get("noun")).isBetween(697L, 699L);
        assertThat(byPart.get("verb")).isBetween(116L, 118L);
        assertThat(byPart.get("adjective")).isBetween(153L, 156L);
        assertThat(byPart.get("adverb")).isBetween(30L, 32L);
    }

    @Test
    void refusesMoreThanThereIs() {
        assertThatThrownBy(() -> WordNetGlosses.open(200_000)).hasMessageContaining("give 1 to 117791");
        assertThatThrownBy(() -> WordNetGlosses.open(0)).hasMessageContaining("--docs is 0");
    }
}
