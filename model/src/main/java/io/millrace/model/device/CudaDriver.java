package io.millrace.model.device;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * The few calls of NVIDIA's driver that tell what DJL does not: how many devices there are, what they are called and how
 * much of their memory is free. Signatures are those of {@code cuda.h}. Safe for many threads.
 */
public final class CudaDriver {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong SIZE = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final int NAME_BYTES = 256;

    private final SymbolLookup library;

    private CudaDriver(SymbolLookup library) {
        this.library = library;
    }

    /** The driver of this machine, ready to be asked; empty if there is none, or none that works. */
    @SuppressWarnings("restricted") // Loaded by the name that every NVIDIA driver for Linux has.
    public static Optional<CudaDriver> load() {
        try {
            return of(SymbolLookup.libraryLookup("libcuda.so.1", Arena.global()));
        } catch (IllegalArgumentException e) {
            // No such library: no NVIDIA driver, or another system than Linux.
            return Optional.empty();
        }
    }

    /** A driver behind a library; empty if it does not start. */
    static Optional<CudaDriver> of(SymbolLookup library) {
        CudaDriver driver = new CudaDriver(library);
        return driver.call("cuInit", 0) == 0 ? Optional.of(driver) : Optional.empty();
    }

    /** Devices that this process may use. */
    public int count() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(INT);
            require("cuDeviceGetCount", call("cuDeviceGetCount", count));
            return count.get(INT, 0);
        }
    }

    /** What a device is called, such as {@code NVIDIA H200}. */
    public String name(int index) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(NAME_BYTES);
            require("cuDeviceGetName", call("cuDeviceGetName", name, NAME_BYTES, device(index, arena)));
            return name.getString(0);
        }
    }

    /** Bytes of a device's memory that nobody has taken. Starts the device for this process, as libtorch does too. */
    public long freeBytes(int index) {
        try (Arena arena = Arena.ofConfined()) {
            int device = device(index, arena);
            MemorySegment context = arena.allocate(POINTER);
            require("cuDevicePrimaryCtxRetain", call("cuDevicePrimaryCtxRetain", context, device));
            try {
                require("cuCtxPushCurrent_v2", call("cuCtxPushCurrent_v2", context.get(POINTER, 0)));
                MemorySegment free = arena.allocate(SIZE);
                MemorySegment total = arena.allocate(SIZE);
                int told = call("cuMemGetInfo_v2", free, total);
                require("cuCtxPopCurrent_v2", call("cuCtxPopCurrent_v2", context));
                require("cuMemGetInfo_v2", told);
                return free.get(SIZE, 0);
            } finally {
                require("cuDevicePrimaryCtxRelease_v2", call("cuDevicePrimaryCtxRelease_v2", device));
            }
        }
    }

    private int device(int index, Arena arena) {
        MemorySegment device = arena.allocate(INT);
        require("cuDeviceGet", call("cuDeviceGet", device, index));
        return device.get(INT, 0);
    }

    private static void require(String function, int status) {
        if (status != 0) {
            throw new IllegalStateException("NVIDIA's driver refused " + function + " with status " + status
                    + " (see CUresult in cuda.h); check that nvidia-smi works in this environment");
        }
    }

    /** Calls a function that returns a status, 0 for success. Arguments are ints and pointers. */
    @SuppressWarnings("restricted") // The signatures are those of cuda.h.
    private int call(String function, Object... arguments) {
        MemorySegment address = library.find(function)
                .orElseThrow(() -> new IllegalStateException(
                        "NVIDIA's driver has no function " + function + "; install one for CUDA 12 or later"));
        MemoryLayout[] layouts = new MemoryLayout[arguments.length];
        for (int i = 0; i < layouts.length; i++) {
            layouts[i] = arguments[i] instanceof MemorySegment ? POINTER : INT;
        }
        MethodHandle handle = Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(INT, layouts));
        try {
            return (int) handle.invokeWithArguments(arguments);
        } catch (Throwable e) {
            throw new IllegalStateException("functions of C throw nothing", e);
        }
    }
}
