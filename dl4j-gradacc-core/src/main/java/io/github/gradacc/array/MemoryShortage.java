/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.array;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/**
 * How Java, JavaCPP and ND4J say that there is no memory, and what can be done about it.
 *
 * <p>Each form was met in ND4J 1.0.0-M2.1 under a limit of its own. The Java heap and JavaCPP's limit on the resident
 * memory of the process ({@code org.bytedeco.javacpp.maxphysicalbytes}) throw an {@link OutOfMemoryError}, which DL4J
 * wraps in a {@code RuntimeException} where it passes a layer's backward pass. A failed allocation outside the heap is
 * a {@code RuntimeException} known by its message alone. JavaCPP's other limit, {@code maxbytes}, does not count ND4J's
 * arrays.
 */
@API(status = API.Status.INTERNAL)
public final class MemoryShortage {

    /**
     * In their order: of an operation, an array or a workspace ({@code std::bad_alloc}, alone or quoted); an array of
     * which the cause is not quoted; an array that grows; memory that the C library refuses; a workspace that may not
     * grow.
     */
    private static final List<String> MESSAGES = List.of(
            "bad_alloc",
            "Allocation failed: [",
            "DataBuffer expansion failed: [",
            "Failed to allocate [",
            "Can't allocate memory: Workspace is full");

    /** Deallocations follow the collection of garbage on threads of their own; JavaCPP waits as long between tries. */
    private static final long MILLIS_TO_FREE = 100;

    private MemoryShortage() {}

    /** Tells whether memory was short, by what was thrown and its causes. */
    public static boolean isReasonOf(Throwable thrown) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Throwable each = thrown; each != null && seen.add(each); each = each.getCause()) {
            if (each instanceof OutOfMemoryError
                    || (each instanceof RuntimeException && isMessage(each.getMessage()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isMessage(@Nullable String message) {
        return message != null && MESSAGES.stream().anyMatch(message::contains);
    }

    /** Collects garbage, and waits a moment for the memory off the heap that hangs on it. Keeps an interrupt. */
    public static void collectGarbage() {
        System.gc();
        try {
            Thread.sleep(MILLIS_TO_FREE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
