package io.millrace.model.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncodingContractTest {
    private static final EncodingContract CONTRACT = new EncodingContract(
            "tiny",
            new HeadContract(
                    Pooling.SUM, Saturation.DOUBLE_LOG1P, new LogitAffine(0.5, -15), SpecialTokenPolicy.MASK, 12),
            new RoleContract("query: ", 64, 40),
            new RoleContract("", 512, 0),
            new TreeMap<>(Map.of("config.json", "0".repeat(64))));

    @Test
    void readsBackWhatItPrints() {
        assertThat(EncodingContract.parse("millrace.json", CONTRACT.toString())).isEqualTo(CONTRACT);
        assertThat(CONTRACT.role(TextRole.QUERY).prefix()).isEqualTo("query: ");
        assertThat(CONTRACT.role(TextRole.DOCUMENT).maxTokens()).isEqualTo(512);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"format\" : 1 | \"format\" : 2 | format is 2",
                "\"name\" : \"tiny\" | \"name\" : \"\" | needs a name",
                "\"name\" : \"tiny\" | \"name\" : 7 | name is 7, not text",
                "\"pooling\" : \"sum\" | \"pooling\" : \"mean\" | head.pooling is 'mean', not one of [max, sum]",
                "\"pooling\" : \"sum\" | \"poling\" : \"sum\" | unknown key head.poling",
                "\"pooling\" : \"sum\", | | head.pooling is missing",
                "\"logit_scale\" : 0.5 | \"logit_scale\" : 0 | logit scale must be finite and above 0",
                "\"outputs\" : 12 | \"outputs\" : 0 | outputs is 0",
                "\"outputs\" : 12 | \"outputs\" : 1.5 | head.outputs is 1.5, not a whole number",
                "\"max_tokens\" : 64 | \"max_tokens\" : 0 | max_tokens is 0",
                "\"top_terms\" : 40 | \"top_terms\" : -1 | top_terms is -1",
                "\"top_terms\" : 40 | \"top_terms\" : 40, \"top_terms\" : 41 | Duplicate field",
                "\"000 | \"x00 | digests.config.json",
                "\"format\" : 1 | \"format\" : | not valid JSON",
            })
    void refusesWhatItCannotKeep(String old, String other, String message) {
        String json = CONTRACT.toString();
        assertThat(json).contains(old);
        String changed = json.replace(old, other == null ? "" : other);
        assertThatThrownBy(() -> EncodingContract.parse("millrace.json", changed))
                .isInstanceOf(InvalidModelException.class)
                .hasMessageContaining("millrace.json")
                .hasMessageContaining(message);
    }
}
