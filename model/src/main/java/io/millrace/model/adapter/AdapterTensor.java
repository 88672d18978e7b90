package io.millrace.model.adapter;

import io.millrace.model.InvalidModelException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a tensor of an adapter file is for, by its name.
 *
 * @param name name in the adapter file
 * @param role what it is
 * @param target name in the base's checkpoint of the tensor it changes or replaces
 */
record AdapterTensor(String name, Role role, String target) {
    /** Longest prefix that {@code peft} puts before the names of the base model. */
    private static final String PREFIX = "base_model.model.";

    // Older files keep the adapter's own name, such as "default", before "weight" or at the end.
    private static final Pattern FACTOR = Pattern.compile("(.+)\\.lora_(A|B)(?:\\.[^.]+)?\\.weight");
    private static final Pattern EMBEDDING_FACTOR = Pattern.compile("(.+)\\.lora_embedding_(A|B)(?:\\.[^.]+)?");
    private static final Pattern WRAPPER = Pattern.compile("\\.(?:modules_to_save(?:\\.default)?|base_layer)(?=\\.)");

    /** Parts of a low-rank product, or a whole tensor. */
    enum Role {
        A,
        B,
        EMBEDDING_A,
        EMBEDDING_B,
        WHOLE
    }

    /**
     * Reads a name.
     *
     * @param file the adapter file, for messages
     * @throws InvalidModelException if it is not one that LoRA has
     */
    static AdapterTensor of(String file, String name) {
        if (!name.startsWith(PREFIX)) {
            throw new InvalidModelException(file + ": tensor " + name + " does not begin with " + PREFIX
                    + ", so it was not saved by peft; save the adapter with save_pretrained of peft");
        }
        String rest = name.substring(PREFIX.length());
        Matcher factor = FACTOR.matcher(rest);
        if (factor.matches()) {
            return new AdapterTensor(name, factor.group(2).equals("A") ? Role.A : Role.B, factor.group(1) + ".weight");
        }
        Matcher embedding = EMBEDDING_FACTOR.matcher(rest);
        if (embedding.matches()) {
            return new AdapterTensor(
                    name,
                    embedding.group(2).equals("A") ? Role.EMBEDDING_A : Role.EMBEDDING_B,
                    embedding.group(1) + ".weight");
        }
        if (rest.contains(".lora_")) {
            throw new InvalidModelException(file + ": tensor " + name
                    + " belongs to a kind of LoRA that is not understood here, such as DoRA; merge it with peft "
                    + "(merge_and_unload), save the model with save_pretrained and use that checkpoint");
        }
        return new AdapterTensor(name, Role.WHOLE, WRAPPER.matcher(rest).replaceAll(""));
    }

    /** Module that the target is a parameter of, as the adapter calls it. */
    String module() {
        return target.substring(0, Math.max(0, target.lastIndexOf('.')));
    }

    /** Module of an embedding or output head, which peft saves whole when the vocabulary grew. */
    boolean isVocabulary() {
        String module = module();
        return Optional.of(module.substring(module.lastIndexOf('.') + 1))
                .filter(last -> last.equals("embed_tokens") || last.equals("lm_head"))
                .isPresent();
    }
}
