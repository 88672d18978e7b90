package io.millrace.model.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.model.EncoderOptions;
import io.millrace.model.EncoderOptions.Kernels;
import io.millrace.model.engine.Precision;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {
    @ParameterizedTest
    @CsvSource({"cpu,cpu,0", "CPU,cpu,0", "cuda,cuda:0,0", "cuda:0,cuda:0,0", "CUDA:12,cuda:12,12", "auto,auto,0"})
    void readsWhatItSpells(String text, String label, int index) {
        DeviceChoice choice = DeviceChoice.of(text);
        assertThat(choice.label()).isEqualTo(label);
        assertThat(choice.index()).isEqualTo(index);
        assertThat(DeviceChoice.of(choice.label())).isEqualTo(choice);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "gpu", "cuda:", "cuda:-1", "cuda:1.5", "cuda:99999", "cuda0", "mps", "cpu:0"})
    void refusesOthersAndNamesTheKnownOnes(String text) {
        assertThatThrownBy(() -> DeviceChoice.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + text + "'")
                .hasMessageContaining("cpu, cuda, cuda:N (N counts from 0) and auto");
    }

    @ParameterizedTest
    @EnumSource(names = {"INT8", "INT4"})
    void integersAreForCpus(Precision precision) {
        EncoderOptions options = EncoderOptions.defaults().withDevice(DeviceChoice.of("cuda"));
        assertThatThrownBy(() -> options.withPrecision(precision))
                .hasMessageContaining("precision is " + precision.label())
                .hasMessageContaining("use fp32, bf16 or fp16 on a CUDA device");
    }

    @ParameterizedTest
    @EnumSource(names = {"SCREENED", "PLAIN"})
    void screenedAndPlainKernelsAreForCpus(Kernels kernels) {
        EncoderOptions options = EncoderOptions.defaults().withKernels(kernels);
        assertThatThrownBy(() -> options.withDevice(DeviceChoice.of("cuda:1")))
                .hasMessageContaining("kernels is " + kernels + " and device is cuda:1")
                .hasMessageContaining("auto, fused or unpacked");
    }

    @Test
    void halfPrecisionIsForGpus() {
        Precision.FP16.requireOn(DeviceChoice.of("cuda"));
        assertThatThrownBy(() -> Precision.FP16.requireOn(DeviceChoice.CPU)).hasMessageContaining("use bf16 or int8");
    }
}
