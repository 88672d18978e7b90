package io.millrace.model.architecture;

import io.millrace.model.architecture.Rotation.Scaling;
import java.util.Optional;

/** Rotary frequencies of a {@code config.json}, in its older and its newer form. */
final class RotationJson {
    private RotationJson() {}

    /** {@code rope_parameters}, or {@code rope_theta} with {@code rope_scaling}. */
    static Rotation read(ConfigJson config, int width) {
        if (width % 2 != 0) {
            throw config.refused("head_dim", "rotary positions need an even width of heads");
        }
        Optional<ConfigJson> parameters = config.object("rope_parameters");
        if (parameters.isPresent()) {
            ConfigJson rope = parameters.get();
            return new Rotation(width, rope.positive("rope_theta", 10_000), scaling(rope));
        }
        return new Rotation(
                width,
                config.positive("rope_theta", 10_000),
                config.object("rope_scaling").map(RotationJson::scaling).orElseGet(Scaling.None::new));
    }

    private static Scaling scaling(ConfigJson rope) {
        if (rope.positive("partial_rotary_factor", 1) != 1) {
            throw rope.refused("partial_rotary_factor", "only full rotation is supported");
        }
        String key = rope.given("rope_type") ? "rope_type" : "type";
        return switch (rope.text(key, "default")) {
            case "default" -> new Scaling.None();
            case "linear" -> new Scaling.Linear(rope.positive("factor", 1));
            case "llama3" ->
                new Scaling.Llama3(
                        rope.positive("factor", 8),
                        rope.positive("low_freq_factor", 1),
                        rope.positive("high_freq_factor", 4),
                        rope.extent("original_max_position_embeddings"));
            default ->
                throw rope.refused(
                        key,
                        "the supported ones are default, linear and llama3; for texts within the length of "
                                + "pre-training, remove the scaling from config.json");
        };
    }
}
