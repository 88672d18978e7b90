package io.millrace.coordinator.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SlotsTest {
    @Test
    void theHashIsTheDocumentedOne() {
        // Computed apart from this code, from the description in the Javadoc.
        assertThat(Slots.of("a")).isEqualTo(522);
        assertThat(Slots.of("doc-1")).isEqualTo(289);
        assertThat(Slots.of("31715818")).isEqualTo(77);
        assertThat(Slots.of("Ünïcødé")).isEqualTo(908);
    }

    @Test
    void sequentialIdsSpreadEvenlyOverSlotsAndShards() {
        int[] slots = new int[Slots.COUNT];
        int[] shards = new int[3];
        for (int i = 0; i < 200_000; i++) {
            slots[Slots.of("doc-" + i)]++;
            shards[Slots.shardOf("doc-" + i, 3)]++;
        }
        for (int count : slots) {
            assertThat(count).isBetween(120, 275); // mean 195, five standard deviations
        }
        for (int count : shards) {
            assertThat(count).isBetween(65_000, 68_500);
        }
    }
}
