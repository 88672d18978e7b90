package io.millrace.model.device;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Functions of {@code cuda.h} in Java, called through native code as the driver's are. Device d has 1,000 + d bytes free. */
@SuppressWarnings({"unused", "restricted"}) // Called by name, with the signatures of cuda.h.
final class FakeCudaDriver {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    /** Where a device's context is said to lie. */
    private static final long CONTEXT = 4096;

    private final int devices;
    private final Map<String, MemorySegment> functions = new HashMap<>();
    private int startStatus;
    private int contextsHeld;
    private long current;

    FakeCudaDriver(int devices) {
        this.devices = devices;
        add("cuInit", int.class);
        add("cuDeviceGetCount", MemorySegment.class);
        add("cuDeviceGet", MemorySegment.class, int.class);
        add("cuDeviceGetName", MemorySegment.class, int.class, int.class);
        add("cuDevicePrimaryCtxRetain", MemorySegment.class, int.class);
        add("cuDevicePrimaryCtxRelease_v2", int.class);
        add("cuCtxPushCurrent_v2", MemorySegment.class);
        add("cuCtxPopCurrent_v2", MemorySegment.class);
        add("cuMemGetInfo_v2", MemorySegment.class, MemorySegment.class);
    }

    private void add(String name, Class<?>... parameters) {
        try {
            var handle = MethodHandles.lookup()
                    .findVirtual(FakeCudaDriver.class, name, MethodType.methodType(int.class, parameters))
                    .bindTo(this);
            var layouts = new java.lang.foreign.MemoryLayout[parameters.length];
            for (int i = 0; i < layouts.length; i++) {
                layouts[i] = parameters[i] == int.class ? INT : ValueLayout.ADDRESS;
            }
            functions.put(
                    name,
                    Linker.nativeLinker().upcallStub(handle, FunctionDescriptor.of(INT, layouts), Arena.ofAuto()));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }

    SymbolLookup library() {
        return name -> Optional.ofNullable(functions.get(name));
    }

    void refuseToStart() {
        startStatus = 999;
    }

    int contextsHeld() {
        return contextsHeld;
    }

    int cuInit(int flags) {
        return startStatus;
    }

    int cuDeviceGetCount(MemorySegment count) {
        count.reinterpret(INT.byteSize()).set(INT, 0, devices);
        return 0;
    }

    int cuDeviceGet(MemorySegment device, int ordinal) {
        device.reinterpret(INT.byteSize()).set(INT, 0, ordinal);
        return ordinal < devices ? 0 : 101;
    }

    int cuDeviceGetName(MemorySegment name, int length, int device) {
        name.reinterpret(length).setString(0, "Fake GPU " + device);
        return 0;
    }

    int cuDevicePrimaryCtxRetain(MemorySegment context, int device) {
        contextsHeld++;
        context.reinterpret(ValueLayout.ADDRESS.byteSize())
                .set(ValueLayout.ADDRESS, 0, MemorySegment.ofAddress(CONTEXT + device));
        return 0;
    }

    int cuDevicePrimaryCtxRelease_v2(int device) {
        contextsHeld--;
        return 0;
    }

    int cuCtxPushCurrent_v2(MemorySegment context) {
        current = context.address();
        return 0;
    }

    int cuCtxPopCurrent_v2(MemorySegment context) {
        current = 0;
        return 0;
    }

    /** Status 201, an invalid context, unless one is current. */
    int cuMemGetInfo_v2(MemorySegment free, MemorySegment total) {
        free.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, 1000 + current - CONTEXT);
        total.reinterpret(Long.BYTES).set(ValueLayout.JAVA_LONG, 0, 2000);
        return current == 0 ? 201 : 0;
    }
}
