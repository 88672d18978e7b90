package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.LogitAffine;
import io.millrace.model.contract.Pooling;
import io.millrace.model.contract.PruningContract;
import io.millrace.model.contract.ReadingContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.contract.Saturation;
import io.millrace.model.contract.SpecialTokenPolicy;
import io.millrace.model.contract.TextContract;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
 * @param architecture of the backbone
 * @param canonicalConfig what of {@code config.json} decides vectors, see {@link SpaceId}
 * @param contract how texts become vectors; its digests are those of the files as they are
 * @param vocabulary terms by id
 */
public record Checkpoint(
        Path directory,
        Architecture architecture,
        String canonicalConfig,
        EncodingContract contract,
        Vocabulary vocabulary) {
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
        Architecture architecture = Architectures.read(configFile);
        Vocabulary vocabulary = Vocabulary.read(tokenizerFile);
        if (vocabulary.size() > architecture.vocabularySize()) {
            throw new InvalidModelException(
                    tokenizerFile + " has " + vocabulary.size() + " ids, but " + configFile + " says the model knows "
                            + architecture.vocabularySize() + "; the tokenizer belongs to another model");
        }
        SortedMap<String, String> digests = digests(directory);
        Path contractFile = directory.resolve(CONTRACT);
        EncodingContract contract;
        if (Files.exists(contractFile)) {
            contract = EncodingContract.parse(contractFile.toString(), Files.readString(contractFile));
            checkDigests(contractFile, contract.digests(), digests);
        } else {
            contract = derive(directory, architecture, vocabulary);
            log.info("{} has no {}; derived: {}", directory, CONTRACT, contract);
        }
        check(contractFile, contract, architecture, vocabulary);
        return new Checkpoint(
                directory,
                architecture,
                SpaceId.canonical(Files.readAllBytes(configFile)),
                contract.withDigests(digests),
                vocabulary);
    }

    /** The same checkpoint read under another contract, and so another space. */
    public Checkpoint withContract(EncodingContract other) {
        check(directory.resolve(CONTRACT), other, architecture, vocabulary);
        return new Checkpoint(
                directory, architecture, canonicalConfig, other.withDigests(contract.digests()), vocabulary);
    }

    /**
     * The same checkpoint with adapters merged into its weights, and so another space.
     *
     * @param adapters directories, in the order of merging
     * @throws InvalidModelException if one is not an adapter
     * @throws IOException if a file cannot be read
     */
    public Checkpoint withAdapters(List<Path> adapters) throws IOException {
        SortedMap<String, String> digests = new TreeMap<>(contract.digests());
        for (int i = 0; i < adapters.size(); i++) {
            for (String file : List.of(AdaptedTensors.CONFIG, AdaptedTensors.WEIGHTS)) {
                digests.put("adapter " + i + "/" + file, Digests.ofFile(require(adapters.get(i), file)));
            }
        }
        return new Checkpoint(directory, architecture, canonicalConfig, contract.withDigests(digests), vocabulary);
    }

    /** Identity of the vector space: SHA-256, 64 lower-case hexadecimal characters. */
    public String spaceId() {
        return SpaceId.of(canonicalConfig, contract, contract.digests());
    }

    private static EncodingContract derive(Path directory, Architecture architecture, Vocabulary vocabulary) {
        Path name = directory.toAbsolutePath().normalize().getFileName();
        ReadingMode mode = architecture.readings().getFirst();
        RoleContract role = new RoleContract(
                TextContract.cutAt(Math.min(DERIVED_MAX_TOKENS, architecture.maxPositions())),
                ReadingContract.of(mode, SpecialTokenPolicy.KEEP),
                new HeadContract.Mlm(
                        Pooling.MAX,
                        Saturation.LOG1P,
                        LogitAffine.IDENTITY,
                        // Rows beyond the tokenizer's ids were never trained: a weight there would be noise.
                        vocabulary.size()),
                PruningContract.NONE);
        return new EncodingContract(name == null ? "model" : name.toString(), role, role, new TreeMap<>());
    }

    private static void check(Path file, EncodingContract contract, Architecture architecture, Vocabulary vocabulary) {
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            if (role.head().needsModel()) {
                checkReading(file, role, architecture);
            }
            if (role.head().outputs() > vocabulary.size()) {
                throw new InvalidModelException(file + ": outputs is "
                        + role.head().outputs() + ", but the tokenizer has " + vocabulary.size() + " ids; lower it");
            }
        }
    }

    private static void checkReading(Path file, RoleContract role, Architecture architecture) {
        ReadingMode mode = role.reading().mode();
        if (!architecture.readings().contains(mode)) {
            throw new InvalidModelException(
                    file + ": reading.mode is " + mode.name().toLowerCase(Locale.ROOT) + ", but a "
                            + architecture.modelType() + " is read as one of " + architecture.readings());
        }
        int cells = mode == ReadingMode.ECHO ? 2 * role.maxTokens() : role.maxTokens();
        if (cells > architecture.maxPositions()) {
            throw new InvalidModelException(file + ": max_tokens is " + role.maxTokens() + ", which takes " + cells
                    + " positions, but the model has " + architecture.maxPositions() + "; lower it");
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
