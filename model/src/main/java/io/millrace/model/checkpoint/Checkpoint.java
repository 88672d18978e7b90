package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint directory whose parts were found to belong together. Weights are not loaded yet.
 *
 * @param directory where it is
 * @param config shape of the backbone
 * @param contract how texts become vectors; its digests are those of the files as they are
 * @param vocabulary terms by id
 */
public record Checkpoint(Path directory, BertConfig config, EncodingContract contract, Vocabulary vocabulary) {
    /** File name of the backbone's shape. */
    public static final String CONFIG = "config.json";

    /** File name of the tokenizer. */
    public static final String TOKENIZER = "tokenizer.json";

    /** File name of the encoding contract. */
    public static final String CONTRACT = "millrace.json";

    /** Longest text of a derived contract, in tokens: what SPLADE models on BERT are trained with. */
    private static final int DERIVED_MAX_TOKENS = 256;

    private static final Logger log = LoggerFactory.getLogger(Checkpoint.class);

    /**
     * Reads a directory: {@code config.json}, {@code tokenizer.json}, safetensors weights, and {@code millrace.json} if it
     * is there; else a contract is derived and logged.
     *
     * @throws InvalidModelException if a file is missing, damaged, unsupported or does not belong with the others
     * @throws IOException if a file cannot be read
     */
    public static Checkpoint open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new InvalidModelException(directory + " is not a directory; give the directory of a checkpoint, with "
                    + CONFIG + ", " + TOKENIZER + " and " + WeightFiles.SINGLE);
        }
        Path configFile = require(directory, CONFIG);
        Path tokenizerFile = require(directory, TOKENIZER);
        BertConfig config = BertConfig.read(configFile);
        Vocabulary vocabulary = Vocabulary.read(tokenizerFile);
        if (vocabulary.size() > config.vocabularySize()) {
            throw new InvalidModelException(tokenizerFile + " has " + vocabulary.size() + " ids, but " + configFile
                    + " says the model knows " + config.vocabularySize() + "; the tokenizer belongs to another model");
        }
        SortedMap<String, String> digests = digests(directory);
        Path contractFile = directory.resolve(CONTRACT);
        EncodingContract contract;
        if (Files.exists(contractFile)) {
            contract = EncodingContract.parse(contractFile.toString(), Files.readString(contractFile));
            checkDigests(contractFile, contract.digests(), digests);
        } else {
            contract = derive(directory, config, vocabulary);
            log.info("{} has no {}; derived for BERT: {}", directory, CONTRACT, contract);
        }
        check(contractFile, contract, config, vocabulary);
        return new Checkpoint(directory, config, contract.withDigests(digests), vocabulary);
    }

    /** The same checkpoint read under another contract, and so another space. */
    public Checkpoint withContract(EncodingContract other) {
        check(directory.resolve(CONTRACT), other, config, vocabulary);
        return new Checkpoint(directory, config, other.withDigests(contract.digests()), vocabulary);
    }

    /** Identity of the vector space: SHA-256, 64 lower-case hexadecimal characters. */
    public String spaceId() {
        return SpaceId.of(config, contract, contract.digests());
    }

    private static EncodingContract derive(Path directory, BertConfig config, Vocabulary vocabulary) {
        Path name = directory.toAbsolutePath().normalize().getFileName();
        RoleContract role = new RoleContract("", Math.min(DERIVED_MAX_TOKENS, config.maxPositions()), 0);
        HeadContract head = new HeadContract(
                Pooling.MAX,
                Saturation.LOG1P,
                LogitAffine.IDENTITY,
                SpecialTokenPolicy.KEEP,
                // Rows beyond the tokenizer's ids were never trained: a weight there would be noise.
                vocabulary.size());
        return new EncodingContract(name == null ? "model" : name.toString(), head, role, role, new TreeMap<>());
    }

    private static void check(Path file, EncodingContract contract, BertConfig config, Vocabulary vocabulary) {
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            if (role.maxTokens() > config.maxPositions()) {
                throw new InvalidModelException(file + ": max_tokens is " + role.maxTokens() + ", but the model has "
                        + config.maxPositions() + " positions; lower it");
            }
        }
        if (contract.head().outputs() > vocabulary.size()) {
            throw new InvalidModelException(file + ": outputs is "
                    + contract.head().outputs() + ", but the tokenizer has " + vocabulary.size() + " ids; lower it");
        }
    }

    /** SHA-256 of every file that decides a vector, by name. */
    static SortedMap<String, String> digests(Path directory) throws IOException {
        List<String> files = new ArrayList<>(WeightFiles.names(directory));
        files.add(CONFIG);
        files.add(TOKENIZER);
        SortedMap<String, String> digests = new TreeMap<>();
        for (String file : files) {
            digests.put(file, Digests.ofFile(require(directory, file)));
        }
        return digests;
    }

    private static void checkDigests(Path file, Map<String, String> expected, Map<String, String> actual) {
        if (expected.isEmpty()) {
            return;
        }
        TreeSet<String> names = new TreeSet<>(expected.keySet());
        names.addAll(actual.keySet());
        for (String name : names) {
            String stated = expected.get(name);
            String found = actual.get(name);
            if (stated == null || !stated.equals(found)) {
                throw new InvalidModelException(file + " was written for a " + name + " with SHA-256 "
                        + (stated == null ? "(none)" : stated) + ", but the directory has "
                        + (found == null ? "none" : "one with " + found)
                        + "; restore the file, or delete " + CONTRACT + " to derive it anew for the files as they are");
            }
        }
    }

    private static Path require(Path directory, String name) {
        Path file = directory.resolve(name);
        if (!Files.isRegularFile(file)) {
            throw new InvalidModelException(directory + " has no " + name + "; give the directory of a Hugging Face "
                    + "checkpoint saved with its fast tokenizer");
        }
        return file;
    }
}
