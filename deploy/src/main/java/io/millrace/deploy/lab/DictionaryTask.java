package io.millrace.deploy.lab;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.millrace.deploy.quickstart.WordNetGlosses;
import io.millrace.v1.Document;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A retrieval task in WordNet 3.1: a sentence in which a word is used asks for the entry that defines the word. The documents are
 * the words and the definition; the sentences, which dictionaries quote, are in no document.
 *
 * @param definitions every entry, as text to read
 * @param learned entries with a sentence, to learn from
 * @param heldOut entries with a sentence, to be judged by; nothing of their sentences is learned
 */
record DictionaryTask(List<String> definitions, List<Entry> learned, List<Entry> heldOut) {
    /** A definition, and the sentences behind it, in quotation marks. */
    private static final Pattern GLOSS = Pattern.compile("^([^\"]{15,}?)[;:,]?\\s*\"([^\"]{12,})\".*$");

    /**
     * An entry with a sentence.
     *
     * @param id of the entry
     * @param words that it defines
     * @param definition of the words
     * @param sentence that uses one of them
     */
    record Entry(String id, String words, String definition, String sentence) {}

    /**
     * Reads WordNet.
     *
     * @param count entries to read, spread evenly over all
     * @param heldOut entries with a sentence to hold out, spread evenly over those read
     * @throws IllegalArgumentException if no more than these have one
     */
    static DictionaryTask read(int count, int heldOut) {
        List<String> definitions = new ArrayList<>();
        List<Entry> entries = new ArrayList<>();
        WordNetGlosses glosses = WordNetGlosses.open(count);
        while (glosses.hasNext()) {
            Document document = glosses.next();
            String words = document.getSource().getTitle().replace('_', ' ');
            Matcher gloss = GLOSS.matcher(document.getSource().getText());
            if (gloss.matches()) {
                Entry entry = new Entry(
                        document.getId(),
                        words,
                        gloss.group(1).strip(),
                        gloss.group(2).strip());
                entries.add(entry);
                definitions.add(words + ": " + entry.definition);
            } else {
                definitions.add(words + ": " + document.getSource().getText());
            }
        }
        if (heldOut >= entries.size()) {
            throw new IllegalArgumentException("of " + count + " entries " + entries.size() + " have a sentence, and "
                    + heldOut + " are to be held out; read more, or hold out fewer");
        }
        List<Entry> learned = new ArrayList<>();
        List<Entry> held = new ArrayList<>();
        for (long i = 0; i < entries.size(); i++) {
            boolean out = (i + 1) * heldOut / entries.size() > i * heldOut / entries.size();
            (out ? held : learned).add(entries.get((int) i));
        }
        return new DictionaryTask(definitions, learned, held);
    }

    /** All that may be learned from, as texts. */
    List<String> readable() {
        List<String> texts = new ArrayList<>(definitions);
        learned.forEach(entry -> texts.add(entry.sentence));
        return texts;
    }

    /** Writes what recipes read: {@code passages.jsonl}, and folders in BEIR's layout, {@code learned} and {@code held-out}. */
    void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("passages.jsonl"))) {
            int number = 0;
            for (String text : readable()) {
                line(out, "p" + number++, "", text);
            }
        }
        write(folder.resolve("learned"), learned, "train");
        write(folder.resolve("held-out"), heldOut, "dev");
    }

    private static void write(Path folder, List<Entry> entries, String split) throws IOException {
        Files.createDirectories(folder.resolve("qrels"));
        try (BufferedWriter corpus = Files.newBufferedWriter(folder.resolve("corpus.jsonl"));
                BufferedWriter queries = Files.newBufferedWriter(folder.resolve("queries.jsonl"));
                BufferedWriter judgements = Files.newBufferedWriter(folder.resolve("qrels/" + split + ".tsv"))) {
            judgements.write("query-id\tcorpus-id\tscore\n");
            for (Entry entry : entries) {
                line(corpus, entry.id, entry.words, entry.definition);
                line(queries, "q" + entry.id, "", entry.sentence);
                judgements.write("q" + entry.id + "\t" + entry.id + "\t1\n");
            }
        }
    }

    private static void line(BufferedWriter out, String id, String title, String text) throws IOException {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("_id", id).put("title", title).put("text", text);
        out.write(json + "\n");
    }
}
