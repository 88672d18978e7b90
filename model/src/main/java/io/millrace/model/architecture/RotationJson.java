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
        refusePartial(config);
        Optional<ConfigJson> parameters = config.object("rope_parameters");
        if (parameters.isPresent()) {
            ConfigJson rope = parameters.get();
            return checked(rope, new Rotation(width, rope.positive("rope_theta", 10_000), scaling(rope)));
        }
        return checked(
                config,
                new Rotation(
                        width,
                        config.positive("rope_theta", 10_000),
                        config.object("rope_scaling").map(RotationJson::scaling).orElseGet(Scaling.None::new)));
    }

    /** Some numbers that are possible one by one give angles that are not. */
    private static Rotation checked(ConfigJson config, Rotation rotation) {
        for (float frequency : rotation.frequencies()) {
            if (!Float.isFinite(frequency)) {
                throw config.refused(
                        "rope_theta", "with the scaling given some angles are infinite; the file is damaged");
            }
        }
        return rotation;
    }

    private static void refusePartial(ConfigJson config) {
        if (config.positive("partial_rotary_factor", 1) != 1) {
            throw config.refused("partial_rotary_factor", "only full rotation is supported; use another checkpoint");
        }
    }

    private static Scaling scaling(ConfigJson rope) {
        refusePartial(rope);
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
