/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.List;
import java.util.function.Consumer;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.api.buffer.DataType;

/** The configuration of a replica, before its network is made; nothing in it is shared with the original. */
@API(status = API.Status.INTERNAL)
public final class ConfigurationCopy {

    private final List<Layer> layers;
    private final Consumer<WorkspaceMode> workspaces;
    private final Consumer<BackpropType> backpropagation;
    private final Consumer<DataType> type;

    ConfigurationCopy(
            List<Layer> outerLayers,
            Consumer<WorkspaceMode> workspaces,
            Consumer<BackpropType> backpropagation,
            Consumer<DataType> type) {
        layers = outerLayers.stream().flatMap(Wrapping::all).toList();
        this.workspaces = workspaces;
        this.backpropagation = backpropagation;
        this.type = type;
    }

    /** Returns the configurations of all layers, those inside of others included; to be changed in place. */
    public List<Layer> layers() {
        return layers;
    }

    /** Sets the workspace mode of training and inference. */
    public void setWorkspaces(WorkspaceMode mode) {
        workspaces.accept(mode);
    }

    /** Sets the data type; if it differs from that of the original, the replica has a copy of the parameters. */
    public void setDataType(DataType dataType) {
        type.accept(dataType);
    }

    /** Sets the kind of backpropagation. */
    public void setBackpropagation(BackpropType type) {
        backpropagation.accept(type);
    }
}
