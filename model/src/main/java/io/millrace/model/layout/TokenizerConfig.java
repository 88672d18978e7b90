package io.millrace.model.layout;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** {@code tokenizer_config.json}: what {@code transformers} wants to know of a tokenizer beside {@code tokenizer.json}. */
public final class TokenizerConfig {
    private static final String FILE = "tokenizer_config.json";
    private static final JsonMapper JSON = new JsonMapper();

    /** Spellings of control tokens in use, the usual first; padding may be any, because it is masked. */
    private static final Map<String, List<String>> ROLES = new TreeMap<>(Map.of(
            "bos_token", List.of("<s>", "<|begin_of_text|>", "<|startoftext|>"),
            "cls_token", List.of("[CLS]", "<s>"),
            "eos_token", List.of("</s>", "<|end_of_text|>", "<|endoftext|>"),
            "mask_token", List.of("[MASK]", "<mask>"),
            "pad_token",
                    List.of("[PAD]", "<pad>", "<|finetune_right_pad_id|>", "</s>", "<|end_of_text|>", "<|endoftext|>"),
            "sep_token", List.of("[SEP]", "</s>"),
            "unk_token", List.of("[UNK]", "<unk>")));

    private TokenizerConfig() {}

    /**
     * Writes it: as the source has it, but for the length, or made from the control tokens that the vocabulary has.
     *
     * @param source files of the encoder it is for
     * @param target directory with its {@code tokenizer.json}
     * @param maxTokens where texts are cut
     * @throws IOException if reading or writing fails
     */
    public static void write(EncoderFiles source, Path target, int maxTokens) throws IOException {
        LayoutJson given = LayoutJson.read(source.directory().resolve(FILE));
        ObjectNode config = given.node() instanceof ObjectNode known ? known.deepCopy() : made(source);
        config.put("model_max_length", maxTokens);
        Files.writeString(
                target.resolve(FILE), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n");
    }

    private static ObjectNode made(EncoderFiles source) {
        Vocabulary vocabulary = source.vocabulary();
        List<String> controls = IntStream.range(0, vocabulary.size())
                .filter(id -> vocabulary.specialIds().contains(id))
                .mapToObj(vocabulary::term)
                .toList();
        ObjectNode config = JSON.createObjectNode().put("tokenizer_class", "PreTrainedTokenizerFast");
        ROLES.forEach((role, spellings) ->
                spellings.stream().filter(controls::contains).findFirst().ifPresent(token -> config.put(role, token)));
        // BERT's own code numbers segments, of which one text has one; the others refuse to be told.
        config.putArray("model_input_names").add("input_ids").add("attention_mask");
        return config;
    }
}
