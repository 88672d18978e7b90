package io.millrace.index.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A filter's bitmap has exactly the documents that match by definition, also after merges. */
class FieldIndexTest {
    @Test
    void bitmapsAreTheDefinitionForRandomDocumentsAndFilters() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            List<Map<String, String>> documents = documents(random, random.nextInt(300));
            try (Arena arena = Arena.ofConfined()) {
                check(FieldInversion.of(documents, arena), documents, random);
            }
        }
    }

    @Test
    void mergesCarryMetadataOverUnderNewNumbers() {
        for (long seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            try (Arena arena = Arena.ofConfined()) {
                List<FieldColumns> inputs = new ArrayList<>();
                List<List<Map<String, String>>> before = new ArrayList<>();
                for (int i = random.nextInt(5); i >= 0; i--) {
                    before.add(documents(random, random.nextInt(60)));
                    inputs.add(FieldInversion.of(before.getLast(), arena));
                }
                int[][] moved = new int[inputs.size()][];
                List<Map<String, String>> after = new ArrayList<>();
                for (int input = 0; input < moved.length; input++) {
                    moved[input] = new int[before.get(input).size()];
                    for (int document = 0; document < moved[input].length; document++) {
                        boolean dead = random.nextInt(3) == 0;
                        moved[input][document] = dead ? -1 : after.size();
                        if (!dead) {
                            after.add(before.get(input).get(document));
                        }
                    }
                }
                try (FieldColumnsBuilder into = new FieldColumnsBuilder(after.size())) {
                    FieldMerge.merge(inputs, moved, into);
                    FieldColumns merged = into.build(arena);
                    assertThat(merged.entries()).isEqualTo(FieldMerge.entries(inputs, moved));
                    check(merged, after, random);
                }
            }
        }
    }

    @Test
    void segmentWithoutMetadataTakesNoMemory() {
        try (Arena arena = Arena.ofConfined()) {
            FieldColumns none = FieldInversion.of(List.of(Map.of(), Map.of()), arena);
            assertThat(none.bytes()).isZero();
            assertThat(none.fields()).isZero();
            FieldIndex index = new FieldIndex(none, 2);
            assertThat(index.matching(new Filter.Exists("lang"))).containsExactly(0);
            assertThat(index.matching(new Filter.Not(new Filter.Exists("lang"))))
                    .containsExactly(3);
        }
    }

    @Test
    void answersOfLargeSegmentsAreRemembered() {
        Random random = new Random(1);
        List<Map<String, String>> documents = documents(random, 5_000);
        try (Arena arena = Arena.ofConfined()) {
            FieldIndex index = new FieldIndex(FieldInversion.of(documents, arena), documents.size());
            long[] first = index.matching(new Filter.Exists("lang"));
            assertThat(index.matching(new Filter.Exists("lang"))).isSameAs(first);
            for (int i = 0; i < 8; i++) {
                index.matching(new Filter.Exists("field" + i));
            }
            assertThat(index.matching(new Filter.Exists("lang")))
                    .as("only the last few")
                    .isNotSameAs(first)
                    .isEqualTo(first);
        }
    }

    @Test
    void everyViolationOfAnOrderIsRefused() {
        try (FieldColumnsBuilder into = new FieldColumnsBuilder(3)) {
            assertThatThrownBy(() -> into.add(0)).hasMessageContaining("before any field");
            into.at(utf8("b"), utf8("x"));
            assertThatThrownBy(() -> into.at(utf8("b"), utf8("y"))).hasMessageContaining("no document");
            into.add(1);
            for (int document : new int[] {1, 0, 3, -1}) {
                assertThatThrownBy(() -> into.add(document)).hasMessageContaining("do not ascend");
            }
            assertThatThrownBy(() -> into.at(utf8("b"), utf8("w"))).hasMessageContaining("values");
            assertThatThrownBy(() -> into.at(utf8("a"), utf8("x"))).hasMessageContaining("fields");
        }
    }

    private static void check(FieldColumns columns, List<Map<String, String>> documents, Random random) {
        FieldIndex index = new FieldIndex(columns, documents.size());
        for (int i = 0; i < 60; i++) {
            Filter filter = Metadata.filter(random, 4);
            long[] bitmap = index.matching(filter);
            assertThat(bitmap).hasSize((documents.size() + 63) / 64);
            for (int document = 0; document < bitmap.length * 64; document++) {
                boolean expected = document < documents.size() && Metadata.matches(filter, documents.get(document));
                assertThat((bitmap[document >>> 6] >>> document & 1) != 0)
                        .as("%s of document %d", filter, document)
                        .isEqualTo(expected);
            }
        }
    }

    private static List<Map<String, String>> documents(Random random, int count) {
        List<Map<String, String>> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            documents.add(Metadata.random(random));
        }
        return documents;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
