package io.millrace.trainer.loss;

/**
 * The student's distribution over a query's candidates is to be the teacher's (Lin et al. 2020, arXiv 2010.11386):
 * T² · Σⱼ pⱼ (log pⱼ − log p̂ⱼ), p = softmax(t / Tₜ), p̂ = softmax(s / T).
 *
 * <p>At temperature 1 this is lsr's and naver/splade's. The factor T² (Hinton et al. 2015) is sentence-transformers'; it keeps
 * the gradient's size over T. OpenSearch leaves it out: weigh the loss by 1/T² to have that.
 *
 * @param temperature T of the student, above 0
 * @param teacherTemperature Tₜ of the teacher, above 0
 */
public record KlDivergence(double temperature, double teacherTemperature) implements RankingLoss {
    /** @throws IllegalArgumentException if a temperature is not a finite number above 0 */
    public KlDivergence {
        InfoNce.checkTemperature(temperature);
        InfoNce.checkTemperature(teacherTemperature);
    }

    /** One temperature for both. */
    public KlDivergence(double temperature) {
        this(temperature, temperature);
    }

    @Override
    public String name() {
        return "kl_divergence";
    }

    @Override
    public boolean needsBatch() {
        return false;
    }

    @Override
    public boolean needsTeacher() {
        return true;
    }

    @Override
    public int leastGroup() {
        return 2;
    }

    @Override
    public double add(QueryScores query, double scale, double[] gradient) {
        int group = query.group();
        double[] student = new double[group];
        double[] teacher = new double[group];
        for (int j = 0; j < group; j++) {
            student[j] = query.candidate(j) / temperature;
            teacher[j] = query.teacher(j) / teacherTemperature;
        }
        Softmax.logarithms(student);
        Softmax.logarithms(teacher);
        double sum = 0;
        for (int j = 0; j < group; j++) {
            double p = Math.exp(teacher[j]);
            double x = student[j] - teacher[j];
            // p̂ − p. Terms p (log p − log p̂) have both signs and all but cancel where T is large; as both
            // distributions sum
            // to 1, p̂ − p may be added to each, and then every term is at least 0 and keeps its digits.
            double apart = Math.abs(x) < 0.5 ? p * Math.expm1(x) : Math.exp(student[j]) - p;
            sum += apart - (p == 0 ? 0 : p * x);
            gradient[query.own() + j] += scale * temperature * apart;
        }
        return sum * temperature * temperature;
    }
}
