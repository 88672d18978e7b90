package io.millrace.model.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.model.contract.EncodingContract;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Identity of a vector space: SHA-256 over everything that decides a text's vector. Device, threads and kernels are left
 * out, because they may only change rounding; names are left out, because people change them.
 */
final class SpaceId {
    /** Version of the rule that turns weights into what leaves the encoder: 1 = fp32, unquantised. */
    private static final int QUANTISER_VERSION = 1;

    private static final List<String> HARMLESS =
            List.of("_name_or_path", "architectures", "dtype", "torch_dtype", "transformers_version", "use_cache");

    private static final JsonMapper SORTED = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private SpaceId() {}

    /**
     * The identity of a space.
     *
     * @param configs canonical {@code config.json} of each encoder, by its sub-directory
     * @param digests of all files, by name
     */
    static String of(SortedMap<String, String> configs, EncodingContract contract, SortedMap<String, String> digests) {
        StringBuilder text = new StringBuilder("millrace space 3\n");
        digests.forEach((file, digest) -> {
            if (!file.equals(Checkpoint.CONFIG) && !file.endsWith("/" + Checkpoint.CONFIG)) {
                text.append("file ").append(file).append(' ').append(digest).append('\n');
            }
        });
        configs.forEach((place, config) ->
                text.append("config ").append(place).append(' ').append(config).append('\n'));
        text.append("contract ").append(contract.anonymous()).append('\n');
        text.append("quantiser ").append(QUANTISER_VERSION).append('\n');
        return Digests.ofText(text.toString());
    }

    /**
     * A {@code config.json} in one line, its keys sorted, without those that change no vector. What is left out is a fixed
     * list, and the rest goes in whether this program reads it or not, so that no change of the program changes a space.
     */
    static String canonical(byte[] configJson) throws IOException {
        Map<String, Object> fields = SORTED.readValue(configJson, new TypeReference<TreeMap<String, Object>>() {});
        HARMLESS.forEach(fields::remove);
        return SORTED.writeValueAsString(fields);
    }
}
