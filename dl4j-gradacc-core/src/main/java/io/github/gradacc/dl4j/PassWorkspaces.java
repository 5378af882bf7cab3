/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import org.apiguardian.api.API;
import org.nd4j.linalg.api.memory.MemoryWorkspaceManager;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The workspaces of DL4J's passes. Each thread has its own, shared by all networks that it works on; they keep the size
 * of the largest pass, and after one that failed for lack of memory they may have a size but no memory.
 */
@API(status = API.Status.INTERNAL)
public final class PassWorkspaces {

    /** How the names of all workspaces begin that networks open in passes; those of iterators and users do not. */
    private static final String PREFIX = "WS_";

    private PassWorkspaces() {}

    /** Frees those of the calling thread that nobody is in; DL4J makes new ones when it needs them. */
    public static void free() {
        MemoryWorkspaceManager manager = Nd4j.getWorkspaceManager();
        manager.getAllWorkspacesForCurrentThread().stream()
                .filter(workspace -> workspace.getId().startsWith(PREFIX) && !workspace.isScopeActive())
                .forEach(manager::destroyWorkspace);
    }
}
