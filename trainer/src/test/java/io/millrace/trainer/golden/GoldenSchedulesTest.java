package io.millrace.trainer.golden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.millrace.trainer.schedule.LearningRate;
import io.millrace.trainer.schedule.Ramp;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Rates of transformers' schedules, and ramps as published trainers count them, by {@code golden_objective.py}. */
class GoldenSchedulesTest {
    @Test
    void learningRatesAreThoseOfTransformers() throws IOException {
        JsonNode cases = GoldenBatch.read("schedules.json").get("learning_rates");

        assertThat(cases).hasSize(15);
        for (JsonNode recorded : cases) {
            LearningRate rate = new LearningRate(
                    LearningRate.Decay.valueOf(recorded.get("decay").asText()),
                    recorded.get("peak").doubleValue(),
                    recorded.get("warmup").longValue(),
                    recorded.get("total").longValue());
            for (JsonNode at : recorded.get("rates")) {
                assertThat(rate.at(at.get(0).longValue()))
                        .as("%s at step %s", rate, at.get(0))
                        .isCloseTo(at.get(1).doubleValue(), within(1e-18));
            }
        }
    }

    @Test
    void rampsCountAsPublishedTrainersDo() throws IOException {
        JsonNode cases = GoldenBatch.read("schedules.json").get("ramps");

        assertThat(cases).hasSize(24);
        for (JsonNode recorded : cases) {
            Ramp ramp = new Ramp(
                    Ramp.Shape.valueOf(recorded.get("shape").asText()),
                    recorded.get("steps").longValue(),
                    Ramp.Counting.valueOf(recorded.get("counting").asText()));
            for (int step = 0; step < recorded.get("factors").size(); step++) {
                assertThat(ramp.factor(step))
                        .as("%s at step %s", ramp, step)
                        .isCloseTo(recorded.get("factors").get(step).doubleValue(), within(1e-15));
            }
        }
    }
}
