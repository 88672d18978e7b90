package io.millrace.model.adapter;

import io.millrace.model.InvalidModelException;
import io.millrace.model.safetensors.SafetensorsFile;
import io.millrace.model.safetensors.TensorInfo;
import io.millrace.model.safetensors.TensorSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One adapter, matched to the tensors of a base.
 *
 * @param weights file with its tensors
 * @param products changes by the base's tensor
 * @param whole the adapter's tensor by the base's, or by the name of one that the base has not
 */
record LoraAdapter(SafetensorsFile weights, Map<String, LowRankProduct> products, Map<String, String> whole) {
    /** Most elements of A or B: 2 GiB as fp32, where r = 64 on an embedding of 256,000 rows takes 64 MiB. */
    private static final long MAX_FACTOR = 1L << 29;

    /** Names by which models call their input embedding. */
    private static final List<String> EMBEDDINGS =
            List.of("embed_tokens.weight", "word_embeddings.weight", "shared.weight", "wte.weight");

    /** Names by which models call an output head of its own. */
    private static final List<String> HEADS =
            List.of("lm_head.weight", "decoder.weight", "embed_out.weight", "vocab_projector.weight");

    /**
     * Reads an adapter's directory.
     *
     * @throws InvalidModelException if a file is missing, damaged or not understood, or a tensor has no place in the base
     * @throws IOException if a file cannot be read
     */
    static LoraAdapter open(TensorSource base, Path directory) throws IOException {
        LoraConfig config = LoraConfig.read(directory.resolve(AdaptedTensors.CONFIG));
        Path file = directory.resolve(AdaptedTensors.WEIGHTS);
        if (!Files.exists(file)) {
            throw new InvalidModelException(directory + " has no " + AdaptedTensors.WEIGHTS + "; save the adapter with "
                    + "save_pretrained(directory, safe_serialization=True) of peft");
        }
        SafetensorsFile weights = SafetensorsFile.open(file);
        try {
            return new Matching(base, config, weights).match();
        } catch (RuntimeException e) {
            weights.close();
            throw e;
        }
    }

    /** Finds a place for every tensor of the adapter. */
    private record Matching(
            TensorSource base,
            LoraConfig config,
            SafetensorsFile weights,
            List<AdapterTensor> tensors,
            TargetNames names) {
        Matching(TensorSource base, LoraConfig config, SafetensorsFile weights) {
            List<AdapterTensor> tensors = new ArrayList<>();
            for (String name : weights.tensors()) {
                tensors.add(AdapterTensor.of(weights.origin(name), name));
            }
            this(
                    base,
                    config,
                    weights,
                    tensors,
                    TargetNames.matching(
                            base.tensors(),
                            tensors.stream().map(AdapterTensor::target).toList()));
        }

        private LoraAdapter match() {
            Map<String, Map<AdapterTensor.Role, AdapterTensor>> byTarget = new LinkedHashMap<>();
            for (AdapterTensor tensor : tensors) {
                AdapterTensor other = byTarget.computeIfAbsent(
                                tensor.target(), target -> new EnumMap<>(AdapterTensor.Role.class))
                        .putIfAbsent(tensor.role(), tensor);
                if (other != null) {
                    throw problem(tensor.name(), "and " + other.name() + " are for the same weights; remove one");
                }
            }
            Map<String, LowRankProduct> products = new LinkedHashMap<>();
            Map<String, String> whole = new LinkedHashMap<>();
            byTarget.values().forEach(parts -> {
                AdapterTensor replacement = parts.remove(AdapterTensor.Role.WHOLE);
                if (replacement != null) {
                    whole.put(replace(replacement), replacement.name());
                }
                if (!parts.isEmpty()) {
                    AdapterTensor any = parts.values().iterator().next();
                    products.put(weight(any), product(any, parts));
                }
            });
            if (products.isEmpty() && whole.isEmpty()) {
                throw new InvalidModelException(weights.file() + " holds no tensors; save the adapter again with peft");
            }
            LoraAdapter adapter = new LoraAdapter(weights, products, whole);
            requireHeadOfItsOwn(adapter);
            return adapter;
        }

        private LowRankProduct product(AdapterTensor any, Map<AdapterTensor.Role, AdapterTensor> parts) {
            boolean embedding = parts.containsKey(AdapterTensor.Role.EMBEDDING_A)
                    || parts.containsKey(AdapterTensor.Role.EMBEDDING_B);
            AdapterTensor a = parts.get(embedding ? AdapterTensor.Role.EMBEDDING_A : AdapterTensor.Role.A);
            AdapterTensor b = parts.get(embedding ? AdapterTensor.Role.EMBEDDING_B : AdapterTensor.Role.B);
            if (a == null || b == null || parts.size() != 2) {
                throw problem(any.name(), "needs exactly its A and its B; save the adapter again with peft");
            }
            String module = any.module();
            if (!config.targets(module)) {
                throw problem(
                        any.name(),
                        "changes a module that target_modules does not name, which peft would ignore; correct one of them");
            }
            LowRankProduct product =
                    new LowRankProduct(weights, a.name(), b.name(), embedding, (float) config.scale(module));
            TensorInfo weight = base.info(weight(any));
            if (weights.info(a.name()).elements() > MAX_FACTOR
                    || weights.info(b.name()).elements() > MAX_FACTOR) {
                throw problem(
                        a.name(), "or its B has more than " + MAX_FACTOR + " elements; merge the adapter with peft");
            }
            if (!weight.type().isFloating() || !product.fits(weight, config.rank(module))) {
                throw problem(
                        a.name(),
                        "has shape " + weights.info(a.name()).shape() + " and B "
                                + weights.info(b.name()).shape() + ", which do not fit rank " + config.rank(module)
                                + " and "
                                + weight.shape() + " of " + weight.name() + " (" + weight.type() + ")"
                                + " in the base; the adapter was trained on another model");
            }
            return product;
        }

        /** Name in the base of the weight that a factor changes. */
        private String weight(AdapterTensor factor) {
            return names.find(factor.target()).orElseThrow(() -> unmatched(factor));
        }

        /** Name in the base of what a whole tensor replaces, or the name it is added under. */
        private String replace(AdapterTensor tensor) {
            boolean bias = config.savesBiases() && tensor.target().endsWith(".bias");
            boolean saved = config.savesWhole(tensor.module()) || tensor.isVocabulary();
            if (!bias && !saved) {
                throw problem(
                        tensor.name(),
                        "is neither a factor of LoRA nor of a module that modules_to_save names; correct it");
            }
            String name = names.find(tensor.target()).orElse(tensor.target());
            if (!base.contains(name) && !saved) {
                throw unmatched(tensor);
            }
            if (base.contains(name)
                    && !base.info(name)
                            .shape()
                            .equals(weights.info(tensor.name()).shape())) {
                throw problem(
                        tensor.name(),
                        "has shape " + weights.info(tensor.name()).shape() + ", but " + name + " in the base has "
                                + base.info(name).shape() + "; resize the base as it was for training, or merge the "
                                + "adapter with peft and use the merged checkpoint");
            }
            return name;
        }

        /**
         * Where the output head is the input embedding, peft changes only the embedding. A checkpoint cannot say so, and
         * its reader would change both.
         */
        private void requireHeadOfItsOwn(LoraAdapter adapter) {
            boolean tied = Stream.concat(base.tensors().stream(), adapter.whole.keySet().stream())
                    .noneMatch(name -> endsWith(name, HEADS));
            if (!tied || config.keepsEmbeddingsTied() || config.isClassifier()) {
                return;
            }
            Stream.concat(adapter.products.keySet().stream(), adapter.whole.keySet().stream())
                    .filter(name -> endsWith(name, EMBEDDINGS))
                    .findFirst()
                    .ifPresent(name -> {
                        throw new InvalidModelException(weights.file() + " changes " + name
                                + ", and the base has no output head of its own, so that the head would change with it; "
                                + "merge the adapter with peft (merge_and_unload), save the model with tie_word_embeddings "
                                + "false and use that checkpoint");
                    });
        }

        private static boolean endsWith(String name, List<String> endings) {
            return endings.stream().anyMatch(ending -> name.equals(ending) || name.endsWith("." + ending));
        }

        private InvalidModelException unmatched(AdapterTensor tensor) {
            return problem(
                    tensor.name(),
                    "is for " + tensor.target() + ", which the base does not have; the nearest is "
                            + names.nearest(tensor.target()) + ": the adapter was trained on another model");
        }

        private InvalidModelException problem(String tensor, String problem) {
            return new InvalidModelException(weights.origin(tensor) + ": tensor " + tensor + " " + problem);
        }
    }
}
