package io.millrace.trainer.data.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.data.format.TextRepair;
import io.millrace.trainer.data.pool.SamplingRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Training data as a recipe names them; keys that are missing are null. Files are relative to the recipe's folder.
 *
 * @param format {@code triples}, {@code id-triples}, {@code hard-negatives}, {@code judged}, {@code kd} or
 *     {@code info-nce}
 * @param file triples, hard negatives or JSON lines
 * @param queries file of queries, for the formats with ids
 * @param documents file of documents, for the same
 * @param beir folder in BEIR's layout, instead of queries and documents
 * @param qrels file of judgements; they make positives for {@code judged}, and for all formats with ids keep what is
 *     relevant out of the negatives
 * @param negatives of {@code judged}: "scored", "mined" (of {@code file}) or "any"
 * @param systems whose hard negatives are used; missing or empty for all
 * @param scores files of teacher scores; several are a min-max ensemble
 * @param scoreMean mean that scores are mapped to, with {@code scoreDeviation}
 * @param scoreDeviation standard deviation that scores are mapped to
 * @param bestFirst of {@code kd}: whether the best-scored document is the positive
 * @param repair {@code none} or {@code latin1-as-utf8}
 * @param group candidates of a query, G
 * @param margin negatives that score higher than the positive less this are left out
 * @param shortage {@code skip} or {@code repeat}
 */
public record DataSpec(
        String format,
        @Nullable String file,
        @Nullable String queries,
        @Nullable String documents,
        @Nullable String beir,
        @Nullable String qrels,
        @Nullable String negatives,
        @Nullable List<String> systems,
        @Nullable List<String> scores,
        @Nullable Double scoreMean,
        @Nullable Double scoreDeviation,
        boolean bestFirst,
        @Nullable String repair,
        int group,
        @Nullable Double margin,
        @Nullable String shortage) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .build();

    /**
     * Reads the part of a recipe.
     *
     * @throws IllegalArgumentException if a key is unknown or of another type
     */
    public static DataSpec of(JsonNode recipe) {
        try {
            return JSON.treeToValue(recipe, DataSpec.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("data: " + e.getOriginalMessage(), e);
        }
    }

    /**
     * Opens the data.
     *
     * @param folder that files are relative to
     * @param stores folder where stores are kept
     * @throws IllegalArgumentException if a key is missing for the format, or has no meaning there
     * @throws IOException if a file cannot be read, or is not as it must be
     */
    public OpenedData open(Path folder, Path stores) throws IOException {
        return new DataOpening(this, folder, stores).open();
    }

    /** How groups are drawn. */
    SamplingRules rules() {
        return new SamplingRules(
                group,
                scored(),
                margin == null ? OptionalDouble.empty() : OptionalDouble.of(margin),
                choice("shortage", shortage, SamplingRules.Shortage.SKIP));
    }

    /** Whether candidates have a teacher's score. */
    boolean scored() {
        return format.equals("kd") || (scores != null && !scores.isEmpty());
    }

    /** What is done to texts. */
    TextRepair textRepair() {
        return choice("repair", repair, TextRepair.NONE);
    }

    /** Systems whose hard negatives are used. */
    Set<String> systemNames() {
        return systems == null ? Set.of() : Set.copyOf(systems);
    }

    private static <E extends Enum<E>> E choice(String key, @Nullable String text, E otherwise) {
        if (text == null) {
            return otherwise;
        }
        try {
            return Enum.valueOf(
                    otherwise.getDeclaringClass(), text.toUpperCase(Locale.ROOT).replace('-', '_'));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "data." + key + " is '" + text + "', but must be one of "
                            + List.of(otherwise.getDeclaringClass().getEnumConstants()),
                    e);
        }
    }
}
