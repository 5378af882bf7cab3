/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.Layer;

/** The configuration of a replica, before its network is made; nothing in it is shared with the original. */
@API(status = API.Status.INTERNAL)
public final class ConfigurationCopy {

    private final List<Layer> layers;
    private final Consumer<WorkspaceMode> workspaces;
    private final Consumer<BackpropType> backpropagation;

    ConfigurationCopy(
            List<Layer> outerLayers, Consumer<WorkspaceMode> workspaces, Consumer<BackpropType> backpropagation) {
        layers = outerLayers.stream().flatMap(Wrapping::all).toList();
        this.workspaces = workspaces;
        this.backpropagation = backpropagation;
    }

    /** Returns the configurations of all layers, those inside of others included; to be changed in place. */
    public List<Layer> layers() {
        return layers;
    }

    /** Sets the workspace mode of training and inference. */
    public void setWorkspaces(WorkspaceMode mode) {
        workspaces.accept(mode);
    }

    /** Sets the kind of backpropagation. */
    public void setBackpropagation(BackpropType type) {
        backpropagation.accept(type);
    }
}
