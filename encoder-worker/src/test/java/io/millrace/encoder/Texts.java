package io.millrace.encoder;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Texts for tests: one token a word in {@link FakeEncoder}. */
public final class Texts {
    private Texts() {}

    /** Texts of a fixed length, all different. */
    public static List<String> ofWords(int texts, int words) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            result.add("w".concat(Integer.toString(i)).concat(" x".repeat(words - 1)));
        }
        return result;
    }

    /** Texts of 1 to {@code maxWords} words, mostly short. */
    public static List<String> random(Random random, int texts, int maxWords) {
        List<String> result = new ArrayList<>();
        for (int i = 0; i < texts; i++) {
            int words = 1 + (int) (maxWords * Math.pow(random.nextDouble(), 2));
            StringBuilder text = new StringBuilder("w" + random.nextInt(1000));
            for (int word = 1; word < words; word++) {
                text.append(" w").append(random.nextInt(1000));
            }
            result.add(text.toString());
        }
        return result;
    }
}
