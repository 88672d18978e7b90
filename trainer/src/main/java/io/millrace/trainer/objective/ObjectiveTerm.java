package io.millrace.trainer.objective;

/**
 * One term of an objective.
 *
 * @param name which loss or penalty
 * @param value its value, unweighted
 * @param weight its weight at this step
 */
public record ObjectiveTerm(String name, double value, double weight) {
    /** What it adds to the objective; nothing at weight 0, also where the value is infinite. */
    public double contribution() {
        return weight == 0 ? 0 : weight * value;
    }
}
