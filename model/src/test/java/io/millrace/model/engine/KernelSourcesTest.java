package io.millrace.model.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the text of the kernels says of devices, which no CPU would notice. */
class KernelSourcesTest {
    private static final Pattern FUNCTION = Pattern.compile("^ {2}def (\\w+)\\(", Pattern.MULTILINE);

    /** Makes an array out of nothing: on the CPU, unless it is told where. */
    private static final Pattern CREATION =
            Pattern.compile("torch\\.(?:zeros|ones|full|empty|arange|eye|tensor|linspace|rand|randn)\\(");

    /** Calls that only CPUs know. */
    private static final Pattern CPU_ONLY = Pattern.compile("ops\\.(?:mkldnn|onednn)\\.|_int_mm");

    /**
     * Called while weights are prepared in this process's memory, or with weights that only CPUs have: packed ones, integers,
     * and the scale of a layer in floating point, which has no elements.
     */
    private static final Set<String> ON_CPU = Set.of(
            "empty_bf16",
            "pack",
            "pack_float",
            "pack_int8",
            "bytes_of",
            "linear_int8",
            "quantise4",
            "linear_int4",
            "packed_linear",
            "linear_activated");

    private static String source(String file) throws IOException {
        try (InputStream text = KernelLibrary.class.getResourceAsStream("kernels/" + file + ".py")) {
            return new String(Objects.requireNonNull(text).readAllBytes(), StandardCharsets.UTF_8)
                    .replaceAll("(?m)^ *#.*$", "");
        }
    }

    /** Functions in which a pattern is found, of text where creations that follow a device are gone. */
    private static Set<String> functions(String source, Pattern pattern) {
        Set<String> found = new TreeSet<>();
        Matcher heads = FUNCTION.matcher(source);
        int begin = -1;
        String name = "";
        while (heads.find()) {
            if (begin >= 0
                    && pattern.matcher(source.substring(begin, heads.start())).find()) {
                found.add(name);
            }
            begin = heads.start();
            name = heads.group(1);
        }
        if (begin >= 0 && pattern.matcher(source.substring(begin)).find()) {
            found.add(name);
        }
        return found;
    }

    /** The text without creations that say where: {@code torch.zeros([1, t], dtype=11, device=device)}. */
    private static String withoutPlaced(String source) {
        return source.replaceAll("torch\\.\\w+\\([^()]*device=\\w+\\)", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {"module", "weights", "linear", "stack", "step", "mlm"})
    void arraysAreMadeWhereTheOthersLie(String file) throws IOException {
        Set<String> unplaced = functions(withoutPlaced(source(file)), CREATION);
        unplaced.removeAll(ON_CPU);
        assertThat(unplaced)
                .as(
                        "functions that make arrays on the CPU whatever device their arguments are on; use torch.new_zeros or "
                                + "device=")
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"module", "weights", "linear", "stack", "step", "mlm"})
    void onlyPackedWeightsAndIntegersAreMultipliedByOneDnn(String file) throws IOException {
        Set<String> needing = functions(source(file), CPU_ONLY);
        needing.removeAll(ON_CPU);
        assertThat(needing).isEmpty();
    }

    @Test
    void findsCreationsThatFollowNoDevice() {
        String source = """
                  def a(self) -> Tensor:
                    return torch.zeros([2], device=device)
                  def b(self) -> Tensor:
                    return torch.arange(3)
                  def c(self, x: Tensor) -> Tensor:
                    return torch.new_zeros(x, [3])
                """;
        assertThat(functions(withoutPlaced(source), CREATION)).containsExactly("b");
    }
}
