package io.millrace.model.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EncodingContractTest {
    private static final EncodingContract CONTRACT = new EncodingContract(
            "tiny",
            new RoleContract(
                    new TextContract("query: ", "</s>", false, 64, 3, 8),
                    new ReadingContract(ReadingMode.ECHO, Alignment.REFERENCE, Positions.LAST, SpecialTokenPolicy.MASK),
                    new HeadContract.Mlm(Pooling.SUM, Saturation.DOUBLE_LOG1P, new LogitAffine(0.5, -15), 12),
                    new PruningContract(true, 0.1, 0.2, 0.9, 40)),
            new RoleContract(
                    "document_0_MLMTransformer",
                    TextContract.cutAt(512),
                    ReadingContract.of(ReadingMode.ENCODER, SpecialTokenPolicy.KEEP),
                    new HeadContract.Mlp(List.of("tok_proj"), Rectifier.RELU, Pooling.MAX, Saturation.NONE, 12),
                    PruningContract.NONE),
            new TreeMap<>(Map.of("config.json", "0".repeat(64))));

    @Test
    void readsBackWhatItPrints() {
        assertThat(EncodingContract.parse("millrace.json", CONTRACT.toString())).isEqualTo(CONTRACT);
        assertThat(CONTRACT.role(TextRole.QUERY).text().prefix()).isEqualTo("query: ");
        assertThat(CONTRACT.role(TextRole.DOCUMENT).maxTokens()).isEqualTo(512);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"format\" : 2 | \"format\" : 3 | format is 3",
                "\"name\" : \"tiny\" | \"name\" : \"\" | needs a name",
                "\"name\" : \"tiny\" | \"name\" : 7 | name is 7, not text",
                "\"pooling\" : \"sum\" | \"pooling\" : \"mean\" | query.head.pooling is 'mean', not one of [max, sum]",
                "\"pooling\" : \"sum\" | \"poling\" : \"sum\" | unknown key query.head.poling",
                "\"pooling\" : \"sum\", | | query.head.pooling is missing",
                "\"logit_scale\" : 0.5 | \"logit_scale\" : 0 | logit scale must be finite and above 0",
                "\"outputs\" : 12 | \"outputs\" : 0 | outputs is 0",
                "\"outputs\" : 12 | \"outputs\" : 1.5 | query.head.outputs is 1.5, not a whole number",
                "\"max_tokens\" : 64 | \"max_tokens\" : 0 | max_tokens is 0",
                "\"kind\" : \"mlp\" | \"kind\" : \"mpl\" | document.head.kind is 'mpl', not one of",
                "\"tok_proj\" | \"\" | must name at least one layer",
                "\"mode\" : \"echo\" | \"mode\" : \"ecco\" | query.reading.mode is 'ecco'",
                "\"template\" : false | \"template\" : \"no\" | query.text.template is",
                "\"overlap_tokens\" : 8 | \"overlap_tokens\" : 64 | overlap_tokens is 64",
                "\"max_chunks\" : 3 | \"max_chunks\" : 0 | max_chunks is 0",
                "\"mass\" : 0.9 | \"mass\" : 0 | mass is 0",
                "\"min_share_of_max\" : 0.2 | \"min_share_of_max\" : 2 | min_share_of_max is 2",
                "\"min_weight\" : 0.1 | \"min_weight\" : -1 | min_weight is -1",
                "\"top_terms\" : 40 | \"top_terms\" : -1 | top_terms is -1",
                "\"top_terms\" : 40 | \"top_terms\" : 40, \"top_terms\" : 41 | Duplicate field",
                "\"000 | \"x00 | digests.config.json",
                "\"checkpoint\" : \"\" | \"checkpoint\" : \"/tmp\" | checkpoint is '/tmp', but must name a sub-directory",
                "\"checkpoint\" : \"\" | \"checkpoint\" : \"a/../../b\" | must name a sub-directory",
                "\"checkpoint\" : \"\", | | query.checkpoint is missing",
                "\"format\" : 2 | \"format\" : | not valid JSON",
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
