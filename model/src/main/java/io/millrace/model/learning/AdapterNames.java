package io.millrace.model.learning;

/** How peft names the factors of a module's adapter. */
final class AdapterNames {
    private static final String PREFIX = "base_model.model.";

    private AdapterNames() {}

    static String down(String module) {
        return PREFIX + module + ".lora_A.weight";
    }

    static String up(String module) {
        return PREFIX + module + ".lora_B.weight";
    }
}
