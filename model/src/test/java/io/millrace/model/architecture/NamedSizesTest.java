package io.millrace.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.model.contract.ReadingMode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What the architectures ask of published models of every size, against what transformers lists for them. */
class NamedSizesTest {
    /** Models whose checkpoints have no language-model head, so that only other heads can be put on them. */
    private static final Set<String> WITHOUT_HEAD = Set.of("bge-m3", "minilm-l6-cross-encoder");

    static Stream<Arguments> readings() throws IOException {
        Stream.Builder<Arguments> all = Stream.builder();
        for (String model : ModelListing.names()) {
            Architecture architecture = Architectures.read(ModelListing.config(model));
            architecture.readings().forEach(reading -> all.add(Arguments.of(model, reading)));
        }
        return all.build();
    }

    @ParameterizedTest(name = "{0} {1}")
    @MethodSource("readings")
    void asksForExactlyTheTensorsThatTransformersLists(String model, ReadingMode reading) throws IOException {
        ModelListing listing = ModelListing.read(model);
        Architecture architecture = Architectures.read(ModelListing.config(model));
        Map<String, List<Long>> asked = new LinkedHashMap<>(
                TensorListing.of(architecture.backbone(reading)).shapes());
        if (!WITHOUT_HEAD.contains(model)) {
            asked.putAll(TensorListing.of(architecture.projection(reading)).shapes());
        }
        Map<String, List<Long>> stored = asked.entrySet().stream()
                .collect(Collectors.toMap(
                        tensor -> stored(listing, architecture, tensor.getKey()), Map.Entry::getValue));

        assertThat(listing.shapes()).containsAllEntriesOf(stored);
        Set<String> left = new TreeSet<>(listing.shapes().keySet());
        left.removeAll(stored.keySet());
        assertThat(left).isEqualTo(leftUnread(model, reading, listing));
        Optional<String> otherBias = architecture.projection(reading).bias().map(ProjectionSpec.Bias::otherName);
        left.removeIf(name -> otherBias.filter(name::equals).isPresent() || name.startsWith("classifier."));
        assertThat(left).allMatch(name -> architecture.unused(reading).stream().anyMatch(name::startsWith));
        assertThat(asked.keySet())
                .noneMatch(name -> architecture.unused(reading).stream().anyMatch(name::startsWith));
    }

    /** The name in a checkpoint, which may be one of the bare backbone. */
    private static String stored(ModelListing listing, Architecture architecture, String name) {
        String prefix = architecture.backbonePrefix();
        String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        return listing.shapes().containsKey(name) ? name : bare;
    }

    /** The tensors that a reading has no use for, spelled out. */
    private static Set<String> leftUnread(String model, ReadingMode reading, ModelListing listing) {
        return switch (model) {
            case "bert-base" -> Set.of("cls.predictions.decoder.bias");
            case "roberta-base", "xlm-roberta-large" -> Set.of("lm_head.decoder.bias");
            case "bge-m3" -> Set.of("pooler.dense.weight", "pooler.dense.bias");
            case "minilm-l6-cross-encoder" ->
                Set.of("bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight", "classifier.bias");
            case "t5-base", "t5-v1_1-base", "flan-t5-base", "flan-t5-large", "flan-t5-xl" ->
                switch (reading) {
                    case ENCODER -> named(listing, "decoder.", "encoder.embed_tokens.");
                    case DECODER -> {
                        Set<String> names = named(listing, "encoder.", "decoder.embed_tokens.");
                        listing.shapes().keySet().stream()
                                .filter(name -> name.matches("decoder\\.block\\.\\d+\\.layer\\.1\\..*"))
                                .forEach(names::add);
                        yield names;
                    }
                    default -> Set.of("encoder.embed_tokens.weight", "decoder.embed_tokens.weight");
                };
            default -> Set.of();
        };
    }

    private static Set<String> named(ModelListing listing, String... prefixes) {
        return listing.shapes().keySet().stream()
                .filter(name -> Stream.of(prefixes).anyMatch(name::startsWith))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    static Stream<String> models() throws IOException {
        return ModelListing.names().stream();
    }

    @ParameterizedTest
    @MethodSource("models")
    void projectsWithTheWordsWhereTransformersSharesThem(String model) throws IOException {
        ModelListing listing = ModelListing.read(model);
        Architecture architecture = Architectures.read(ModelListing.config(model));
        for (ReadingMode reading : architecture.readings()) {
            String words =
                    architecture.backbone(reading).reader().embedding().words().name();
            String projection = architecture.projection(reading).weight().name();
            String shared = listing.shared().get(projection);
            if (shared != null) {
                assertThat(shared).isEqualTo(words);
            }
        }
    }
}
