package io.millrace.model.learning;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Adapters of low rank (LoRA, Hu et al. 2021): of each targeted weight W [out, in] a product B A is learned and added, W + α/r
 * B A, while W stays as it is.
 *
 * @param rank r
 * @param alpha α
 * @param targets last names of the modules, such as {@code query} and {@code value}
 * @param dropout share of what adapters read that training leaves out by chance, in [0, 1), as peft's
 */
public record AdapterOptions(int rank, double alpha, List<String> targets, double dropout) {
    /** Copies the list; refuses what makes no sense. */
    public AdapterOptions {
        targets = List.copyOf(targets);
        if (rank < 1 || !(alpha > 0) || targets.isEmpty()) {
            throw new IllegalArgumentException("an adapter of rank " + rank + ", alpha " + alpha + " and targets "
                    + targets + " changes nothing; give a rank of at least 1, an alpha above 0, and module names");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new IllegalArgumentException(
                    "dropout of adapters is " + dropout + ", but must be at least 0 and below 1");
        }
    }

    /** Without dropout. */
    public AdapterOptions(int rank, double alpha, List<String> targets) {
        this(rank, alpha, targets, 0);
    }

    /** α / r. */
    double scale() {
        return alpha / rank;
    }

    /** Whether a weight belongs to a targeted module. */
    boolean targets(String name) {
        return targets.stream().anyMatch(target -> name.endsWith("." + target + ".weight"));
    }

    /** As peft's {@code adapter_config.json} spells it. */
    String json() {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("peft_type", "LORA").putNull("task_type");
        json.put("r", rank)
                .put("lora_alpha", alpha)
                .put("lora_dropout", dropout)
                .put("bias", "none");
        json.put("fan_in_fan_out", false).put("inference_mode", true);
        targets.forEach(json.putArray("target_modules")::add);
        return json.toPrettyString() + "\n";
    }
}
