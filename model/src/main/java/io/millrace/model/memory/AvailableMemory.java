package io.millrace.model.memory;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Memory that this process may still take: the least of what the machine has and what each control group around the
 * process leaves. Files cached in memory count as available, for the system gives them up when asked.
 *
 * @param bytes how much, at least 0
 * @param source who says so, for messages
 */
public record AvailableMemory(long bytes, String source) {
    private static final long KIB = 1024;

    /** As it is on this machine now. */
    public static AvailableMemory now() {
        return of(Path.of("/")).orElseGet(() -> {
            // What other systems call free leaves out what they would give up; it would refuse models that fit.
            OperatingSystemMXBean machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
            return new AvailableMemory(machine.getTotalMemorySize(), "the size of the machine's memory");
        });
    }

    /**
     * As Linux says in its files.
     *
     * @param root folder that holds {@code proc} and {@code sys}
     * @return empty if there are no such files
     */
    static Optional<AvailableMemory> of(Path root) {
        List<AvailableMemory> limits = new ArrayList<>();
        Path meminfo = root.resolve("proc/meminfo");
        field(lines(meminfo), "MemAvailable:")
                .ifPresent(kib -> limits.add(new AvailableMemory(kib * KIB, "MemAvailable of " + meminfo)));
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            // hierarchy:controllers:path, with no controllers in version 2
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                addGroups(root.resolve("sys/fs/cgroup"), parts[2], Version.TWO, limits);
            } else if (parts.length == 3 && Arrays.asList(parts[1].split(",")).contains("memory")) {
                addGroups(root.resolve("sys/fs/cgroup/memory"), parts[2], Version.ONE, limits);
            }
        }
        return limits.stream().min(Comparator.comparingLong(AvailableMemory::bytes));
    }

    /** The group itself and all around it. Inside a container its path may not exist, but the mount is the group. */
    private static void addGroups(Path mount, String path, Version version, List<AvailableMemory> limits) {
        Path group = mount.resolve(path.replaceFirst("^/+", "")).normalize();
        Path at = group.startsWith(mount) ? group : mount;
        for (; at != null && at.startsWith(mount); at = at.getParent()) {
            Path limit = at.resolve(version.limit);
            Optional<Long> most = number(lines(limit));
            Optional<Long> used = number(lines(at.resolve(version.usage)));
            if (most.isPresent() && used.isPresent()) {
                List<String> stat = lines(at.resolve("memory.stat"));
                long cached = field(stat, version.prefix + "active_file").orElse(0L)
                        + field(stat, version.prefix + "inactive_file").orElse(0L);
                long left = most.get() - Math.max(0, used.get() - cached);
                limits.add(new AvailableMemory(Math.max(0, left), "the limit in " + limit));
            }
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            // Missing on this system, or hidden from this process: then it sets no limit that can be known.
            return List.of();
        }
    }

    private static Optional<Long> field(List<String> lines, String name) {
        return lines.stream()
                .map(line -> line.trim().split("\\s+"))
                .filter(words -> words.length > 1 && words[0].equals(name))
                .findFirst()
                .flatMap(words -> number(List.of(words[1])));
    }

    /** A whole number; empty for "max", and for the nineteen digits that version 1 says where there is no limit. */
    private static Optional<Long> number(List<String> lines) {
        boolean number = !lines.isEmpty() && lines.getFirst().trim().matches("\\d{1,18}");
        return number ? Optional.of(Long.parseLong(lines.getFirst().trim())) : Optional.empty();
    }

    private enum Version {
        ONE("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        TWO("memory.max", "memory.current", "");

        private final String limit;
        private final String usage;
        private final String prefix;

        Version(String limit, String usage, String prefix) {
            this.limit = limit;
            this.usage = usage;
            this.prefix = prefix;
        }
    }
}
