package io.millrace.coordinator.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.v1.ClusterMetadata;
import io.millrace.v1.Collection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetadataFileTest {
    @TempDir
    Path folder;

    @Test
    void aChangeIsThereAfterReopening() {
        try (MetadataFile file = MetadataFile.open(folder)) {
            file.update(m -> m.toBuilder()
                    .addCollections(Collection.newBuilder().setName("a"))
                    .build());
            file.update(m -> m.toBuilder().setStampBound(9).build());
        }
        try (MetadataFile file = MetadataFile.open(folder)) {
            ClusterMetadata metadata = file.current();
            assertThat(metadata.getVersion()).isEqualTo(2);
            assertThat(metadata.getCollections(0).getName()).isEqualTo("a");
            assertThat(metadata.getStampBound()).isEqualTo(9);
        }
    }

    @Test
    void aDamagedOrTruncatedFileIsRefusedAndNeverServed() throws IOException {
        try (MetadataFile file = MetadataFile.open(folder)) {
            file.update(m -> m.toBuilder().setStampBound(1234567).build());
        }
        Path catalog = folder.resolve("catalog");
        byte[] whole = Files.readAllBytes(catalog);
        for (int i = 0; i < whole.length; i++) {
            byte[] flipped = whole.clone();
            flipped[i] ^= 0x10;
            Files.write(catalog, flipped);
            assertThatThrownBy(() -> MetadataFile.open(folder)).hasMessageContaining("restore it from a backup");
            Files.write(catalog, Arrays.copyOf(whole, i));
            assertThatThrownBy(() -> MetadataFile.open(folder)).hasMessageContaining("restore it from a backup");
        }
    }

    @Test
    void twoProcessesCannotShareAFolder() {
        try (MetadataFile first = MetadataFile.open(folder)) {
            assertThat(first.current()).isEqualTo(ClusterMetadata.getDefaultInstance());
            assertThatThrownBy(() -> MetadataFile.open(folder)).hasMessageContaining("another coordinator uses");
        }
        MetadataFile.open(folder).close();
    }
}
