package io.millrace.model.engine;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * How the C library's allocator, which libtorch takes its arrays from, treats large blocks. By itself glibc soon keeps freed
 * blocks of up to 32 MiB for the next ones, which is right for activations. While weights are packed, blocks of many sizes
 * come and go between ones that stay, and what is kept fits nothing: BERT-base took 2.4 times its weights.
 */
public final class NativeHeap {
    /** {@code M_MMAP_THRESHOLD} of {@code malloc.h}: blocks from this size on come from the system and go back to it. */
    private static final int MMAP_THRESHOLD = -3;

    private static final int LOADING_BYTES = 256 << 10;

    /** The largest that glibc takes, and what it comes to by itself. */
    private static final int SERVING_BYTES = 32 << 20;

    private static final Optional<MethodHandle> MALLOPT = function(
            "mallopt", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
    private static final Optional<MethodHandle> TRIM =
            function("malloc_trim", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));

    private NativeHeap() {}

    /** Before weights are read: what is freed is given back. */
    public static void loading() {
        largeBlocksFrom(LOADING_BYTES);
    }

    /** After weights are read: what is free is given back once, and from now on kept for the next text. */
    public static void serving() {
        largeBlocksFrom(SERVING_BYTES);
        TRIM.ifPresent(trim -> {
            try {
                int _ = (int) trim.invokeExact(0L);
            } catch (Throwable e) {
                throw new IllegalStateException("malloc_trim throws nothing", e);
            }
        });
    }

    private static void largeBlocksFrom(int bytes) {
        MALLOPT.ifPresent(mallopt -> {
            try {
                int _ = (int) mallopt.invokeExact(MMAP_THRESHOLD, bytes);
            } catch (Throwable e) {
                throw new IllegalStateException("mallopt throws nothing", e);
            }
        });
    }

    /** Empty where the C library is another, such as musl or macOS's, which give large blocks back anyway. */
    @SuppressWarnings("restricted") // The signatures are those of mallopt(3) and malloc_trim(3).
    private static Optional<MethodHandle> function(String name, FunctionDescriptor signature) {
        Linker linker = Linker.nativeLinker();
        SymbolLookup library = linker.defaultLookup();
        return library.find("gnu_get_libc_version").isEmpty()
                ? Optional.empty()
                : library.find(name).map(address -> linker.downcallHandle(address, signature));
    }
}
