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
 */
public record AdapterOptions(int rank, double alpha, List<String> targets) {
    /** Copies the list; refuses what makes no sense. */
    public AdapterOptions {
        targets = List.copyOf(targets);
        if (rank < 1 || !(alpha > 0) || targets.isEmpty()) {
            throw new IllegalArgumentException("an adapter of rank " + rank + ", alpha " + alpha + " and targets "
                    + targets + " changes nothing; give a rank of at least 1, an alpha above 0, and module names");
        }
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
        json.put("r", rank).put("lora_alpha", alpha).put("lora_dropout", 0.0).put("bias", "none");
        json.put("fan_in_fan_out", false).put("inference_mode", true);
        targets.forEach(json.putArray("target_modules")::add);
        return json.toPrettyString() + "\n";
    }
}
