package io.millrace.model.checkpoint;

import io.millrace.model.InvalidModelException;
import io.millrace.model.TextRole;
import io.millrace.model.adapter.AdaptedTensors;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.contract.EncodingContract;
import io.millrace.model.contract.HeadContract;
import io.millrace.model.contract.ReadingMode;
import io.millrace.model.contract.RoleContract;
import io.millrace.model.layout.ContractDerivation;
import io.millrace.model.layout.DerivedContract;
import io.millrace.model.layout.EncoderFiles;
import io.millrace.model.safetensors.WeightFiles;
import io.millrace.model.tokenizer.Vocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A checkpoint directory whose parts were found to belong together. Weights are not loaded yet.
 *
 * @param directory where it is
 * @param contract how texts become vectors; its digests are those of the files as they are
 * @param encoders by the sub-directory that roles name, of which the empty one is the directory itself
 * @param configs what of each encoder's {@code config.json} decides vectors, see {@link SpaceId}, by the same
 */
public record Checkpoint(
        Path directory,
        EncodingContract contract,
        SortedMap<String, EncoderFiles> encoders,
        SortedMap<String, String> configs) {
    /** File name of the backbone's shape. */
    public static final String CONFIG = EncoderFiles.CONFIG;

    /** File name of the tokenizer. */
    public static final String TOKENIZER = EncoderFiles.TOKENIZER;

    /** File name of the encoding contract. */
    public static final String CONTRACT = "millrace.json";

    private static final Logger log = LoggerFactory.getLogger(Checkpoint.class);

    /** Copies the maps. */
    public Checkpoint {
        encoders = Collections.unmodifiableSortedMap(new TreeMap<>(encoders));
        configs = Collections.unmodifiableSortedMap(new TreeMap<>(configs));
    }

    /**
     * Reads a directory: {@code config.json}, {@code tokenizer.json}, safetensors weights, and {@code millrace.json} if it
     * is there; else a contract is derived and logged, with the reason for each of its parts. Roles may have
     * sub-directories of their own, and one that needs no transformer has a table in place of configuration and weights.
     *
     * @throws InvalidModelException if a file is missing, damaged, unsupported or does not belong with the others
     * @throws IOException if a file cannot be read
     */
    public static Checkpoint open(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            throw new InvalidModelException(directory + " is not a directory; give the directory of a checkpoint, with "
                    + CONFIG + ", " + TOKENIZER + " and " + WeightFiles.SINGLE);
        }
        Path contractFile = directory.resolve(CONTRACT);
        EncodingContract contract;
        if (Files.exists(contractFile)) {
            contract = EncodingContract.parse(contractFile.toString(), Files.readString(contractFile));
            return open(directory, contract, contract.digests());
        }
        DerivedContract derived = ContractDerivation.of(directory);
        log.info("{} has no {}; derived: {}", directory, CONTRACT, derived);
        return open(directory, derived.contract(), Map.of());
    }

    /**
     * Reads a directory under a contract, whatever {@code millrace.json} it has.
     *
     * @param contract its digests are replaced by those of the files as they are
     * @throws InvalidModelException if a file is missing, damaged, unsupported or does not belong with the others
     * @throws IOException if a file cannot be read
     */
    public static Checkpoint open(Path directory, EncodingContract contract) throws IOException {
        return open(directory, contract, Map.of());
    }

    private static Checkpoint open(Path directory, EncodingContract contract, Map<String, String> signed)
            throws IOException {
        SortedMap<String, EncoderFiles> encoders = new TreeMap<>();
        SortedMap<String, String> configs = new TreeMap<>();
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            String place = role.checkpoint();
            if (!encoders.containsKey(place)) {
                boolean transformer = transformers(contract).contains(place);
                encoders.put(place, EncoderFiles.read(directory.resolve(place), transformer));
                if (transformer) {
                    Path config = directory.resolve(place).resolve(CONFIG);
                    configs.put(place, SpaceId.canonical(Files.readAllBytes(config)));
                }
            }
        }
        SortedMap<String, String> digests = digests(directory, contract);
        checkDigests(directory.resolve(CONTRACT), signed, digests);
        Checkpoint checkpoint = new Checkpoint(directory, contract.withDigests(digests), encoders, configs);
        checkpoint.check();
        return checkpoint;
    }

    /** Sub-directories of the roles that need a transformer. */
    private static SortedSet<String> transformers(EncodingContract contract) {
        SortedSet<String> places = new TreeSet<>();
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            if (role.head().needsModel()) {
                places.add(role.checkpoint());
            }
        }
        return places;
    }

    /** The same checkpoint read under another contract of the same files, and so another space. */
    public Checkpoint withContract(EncodingContract other) {
        Checkpoint checkpoint = new Checkpoint(directory, other.withDigests(contract.digests()), encoders, configs);
        checkpoint.check();
        return checkpoint;
    }

    /**
     * The same checkpoint with adapters merged into its weights, and so another space.
     *
     * @param adapters directories, in the order of merging
     * @throws InvalidModelException if one is not an adapter, or there is more or less than one transformer to merge into
     * @throws IOException if a file cannot be read
     */
    public Checkpoint withAdapters(List<Path> adapters) throws IOException {
        if (!adapters.isEmpty() && configs.size() != 1) {
            throw new InvalidModelException(
                    directory + " has " + configs.size()
                            + " transformers, but adapters are for one; merge them with peft's merge_and_unload and use the result");
        }
        SortedMap<String, String> digests = new TreeMap<>(contract.digests());
        for (int i = 0; i < adapters.size(); i++) {
            for (String file : List.of(AdaptedTensors.CONFIG, AdaptedTensors.WEIGHTS)) {
                Path path = EncoderFiles.require(adapters.get(i), file);
                digests.put("adapter " + i + "/" + file, Digests.ofFile(path));
            }
        }
        return new Checkpoint(directory, contract.withDigests(digests), encoders, configs);
    }

    /** The files behind a role. */
    public EncoderFiles encoder(TextRole role) {
        return Objects.requireNonNull(encoders.get(contract.role(role).checkpoint()));
    }

    /** Terms by id, the same for both roles as far as heads give weights. */
    public Vocabulary vocabulary() {
        return encoder(TextRole.DOCUMENT).vocabulary();
    }

    /** Identity of the vector space: SHA-256, 64 lower-case hexadecimal characters. */
    public String spaceId() {
        return SpaceId.of(configs, contract, contract.digests());
    }

    private void check() {
        Path file = directory.resolve(CONTRACT);
        for (TextRole textRole : TextRole.values()) {
            RoleContract role = contract.role(textRole);
            EncoderFiles files = encoder(textRole);
            if (role.head().needsModel()) {
                checkReading(file, role, files.transformer());
            }
            if (role.head().outputs() > files.vocabulary().size()) {
                throw new InvalidModelException(
                        file + ": outputs is " + role.head().outputs() + ", but " + files.directory() + "/" + TOKENIZER
                                + " has " + files.vocabulary().size() + " ids; lower it");
            }
        }
        checkTerms();
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

    /** A query's term must be the document's term of the same id. */
    private void checkTerms() {
        EncoderFiles query = encoder(TextRole.QUERY);
        EncoderFiles document = encoder(TextRole.DOCUMENT);
        if (query.directory().equals(document.directory())) {
            return;
        }
        int shared = Math.min(
                contract.query().head().outputs(), contract.document().head().outputs());
        for (int id = 0; id < shared; id++) {
            if (!query.vocabulary().term(id).equals(document.vocabulary().term(id))) {
                throw new InvalidModelException(query.directory().resolve(TOKENIZER) + " calls term " + id + " '"
                        + query.vocabulary().term(id) + "', but "
                        + document.directory().resolve(TOKENIZER) + " calls it '"
                        + document.vocabulary().term(id)
                        + "'; vectors of the two would meet in the wrong terms: pair encoders of one vocabulary");
            }
        }
    }

    /** SHA-256 of every file that decides a vector, by name, with the sub-directory where it is in one. */
    static SortedMap<String, String> digests(Path directory, EncodingContract contract) throws IOException {
        SortedMap<String, String> digests = new TreeMap<>();
        for (String place : transformers(contract)) {
            for (String file : WeightFiles.names(directory.resolve(place))) {
                add(digests, directory, place, file);
            }
            add(digests, directory, place, CONFIG);
        }
        for (RoleContract role : List.of(contract.query(), contract.document())) {
            add(digests, directory, role.checkpoint(), TOKENIZER);
            if (role.head() instanceof HeadContract.Table table) {
                add(digests, directory, role.checkpoint(), table.file());
            }
        }
        return digests;
    }

    private static void add(Map<String, String> digests, Path directory, String place, String file) throws IOException {
        String name = place.isEmpty() ? file : place + "/" + file;
        if (!digests.containsKey(name)) {
            Path path = directory.resolve(name);
            if (!Files.isRegularFile(path)) {
                throw new InvalidModelException(path + " is missing, but the contract needs it; restore it");
            }
            digests.put(name, Digests.ofFile(path));
        }
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
}
