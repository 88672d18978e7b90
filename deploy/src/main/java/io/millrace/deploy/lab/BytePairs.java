package io.millrace.deploy.lab;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-pair vocabulary (Sennrich et al. 2016, arXiv:1508.07909) over bytes, as GPT-2's, OPT's and Llama 3's are, of lower-case
 * text. Which pair is joined next is a function of the texts alone.
 */
final class BytePairs {
    /** GPT-2's division of a text into words. */
    private static final Pattern WORDS =
            Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+");

    /** Joined so often at least, or the vocabulary ends there. */
    private static final long FEWEST = 2;

    private final List<String> pieces = new ArrayList<>();
    private final List<Pair> merges = new ArrayList<>();

    private BytePairs() {}

    /** A word as pieces, and how often it occurs. */
    private static final class Word {
        private int[] parts;
        private final long count;

        Word(int[] parts, long count) {
            this.parts = parts;
            this.count = count;
        }

        List<Pair> pairs() {
            List<Pair> pairs = new ArrayList<>();
            for (int i = 0; i + 1 < parts.length; i++) {
                pairs.add(new Pair(parts[i], parts[i + 1]));
            }
            return pairs;
        }

        /** Every occurrence of a pair becomes one piece, from the left. */
        void join(Pair pair, int joined) {
            int[] shorter = new int[parts.length];
            int size = 0;
            for (int i = 0; i < parts.length; i++) {
                boolean both = parts[i] == pair.left && i + 1 < parts.length && parts[i + 1] == pair.right;
                shorter[size++] = both ? joined : parts[i];
                i += both ? 1 : 0;
            }
            parts = Arrays.copyOf(shorter, size);
        }
    }

    /** Two neighbours. */
    private record Pair(int left, int right) {}

    /** A pair in the queue: the most frequent first, of several the one that was there first. */
    private record Counted(Pair pair, long count) implements Comparable<Counted> {
        private static final Comparator<Counted> ORDER = Comparator.comparingLong(Counted::count)
                .reversed()
                .thenComparingInt(counted -> counted.pair.left)
                .thenComparingInt(counted -> counted.pair.right);

        @Override
        public int compareTo(Counted other) {
            return ORDER.compare(this, other);
        }
    }

    /**
     * Learns from texts.
     *
     * @param size pieces of the vocabulary, 256 of which are the bytes
     */
    static BytePairs learn(Iterable<String> texts, int size) {
        BytePairs pairs = new BytePairs();
        for (int value = 0; value < 256; value++) {
            pairs.pieces.add(String.valueOf(letter(value)));
        }
        List<Word> words = words(texts);
        Map<Pair, Long> counts = new HashMap<>();
        Map<Pair, Set<Word>> places = new HashMap<>();
        words.forEach(word -> {
            count(word, counts, new HashSet<>(), 1);
            word.pairs()
                    .forEach(pair -> places.computeIfAbsent(pair, any -> new LinkedHashSet<>())
                            .add(word));
        });
        // Counts that are out of date stay in the queue, and are passed over.
        PriorityQueue<Counted> queue = new PriorityQueue<>();
        counts.forEach((pair, count) -> queue.add(new Counted(pair, count)));
        while (pairs.pieces.size() < size && !queue.isEmpty() && queue.peek().count >= FEWEST) {
            Counted best = queue.remove();
            if (counts.getOrDefault(best.pair, 0L) != best.count) {
                continue;
            }
            int joined = pairs.merged(best.pair);
            Set<Pair> changed = new HashSet<>();
            for (Word word : places.getOrDefault(best.pair, Set.of())) {
                count(word, counts, changed, -1);
                word.join(best.pair, joined);
                count(word, counts, changed, 1);
                word.pairs()
                        .forEach(pair -> places.computeIfAbsent(pair, any -> new LinkedHashSet<>())
                                .add(word));
            }
            counts.remove(best.pair);
            places.remove(best.pair);
            changed.forEach(pair -> queue.add(new Counted(pair, counts.getOrDefault(pair, 0L))));
        }
        return pairs;
    }

    /** Id of what two pieces make; it may be one that others make, too. */
    private int merged(Pair pair) {
        merges.add(pair);
        String piece = pieces.get(pair.left) + pieces.get(pair.right);
        int known = pieces.indexOf(piece);
        if (known < 0) {
            pieces.add(piece);
        }
        return known < 0 ? pieces.size() - 1 : known;
    }

    private static List<Word> words(Iterable<String> texts) {
        Map<String, Long> counts = new TreeMap<>();
        for (String text : texts) {
            // The tokenizer puts a blank before each text.
            Matcher matcher = WORDS.matcher(" " + text.toLowerCase(Locale.ROOT));
            while (matcher.find()) {
                counts.merge(matcher.group(), 1L, Long::sum);
            }
        }
        List<Word> words = new ArrayList<>();
        counts.forEach((word, count) -> {
            byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
            int[] parts = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                parts[i] = bytes[i] & 0xFF;
            }
            words.add(new Word(parts, count));
        });
        return words;
    }

    private static void count(Word word, Map<Pair, Long> counts, Set<Pair> changed, int sign) {
        for (Pair pair : word.pairs()) {
            counts.merge(pair, sign * word.count, Long::sum);
            changed.add(pair);
        }
    }

    /** Number of pieces. */
    int size() {
        return pieces.size();
    }

    /** The vocabulary as a {@code tokenizer.json}. */
    String toJson() {
        ObjectNode root = new JsonMapper().createObjectNode();
        root.put("version", "1.0").putNull("truncation").putNull("padding");
        root.putArray("added_tokens");
        root.putObject("normalizer").put("type", "Lowercase");
        ObjectNode bytes = root.putObject("pre_tokenizer");
        bytes.put("type", "ByteLevel").put("add_prefix_space", true);
        bytes.put("trim_offsets", true).put("use_regex", true);
        root.putNull("post_processor");
        root.set("decoder", bytes.deepCopy());
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE").putNull("dropout").putNull("unk_token");
        ObjectNode vocabulary = model.putObject("vocab");
        for (int id = 0; id < pieces.size(); id++) {
            vocabulary.put(pieces.get(id), id);
        }
        ArrayNode joined = model.putArray("merges");
        merges.forEach(merge -> joined.add(pieces.get(merge.left) + " " + pieces.get(merge.right)));
        return root.toString();
    }

    /** GPT-2's letter for a byte: itself where it can be seen, else one behind the first 256. */
    private static char letter(int value) {
        if (isSeen(value)) {
            return (char) value;
        }
        int unseen = 0;
        for (int smaller = 0; smaller < value; smaller++) {
            unseen += isSeen(smaller) ? 0 : 1;
        }
        return (char) (256 + unseen);
    }

    private static boolean isSeen(int value) {
        return (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
    }
}
