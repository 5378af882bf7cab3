/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import java.util.function.Consumer;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.stepfunctions.StepFunction;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.solvers.BaseOptimizer;
import org.deeplearning4j.optimize.solvers.StochasticGradientDescent;
import org.deeplearning4j.optimize.stepfunctions.StepFunctions;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.memory.conf.WorkspaceConfiguration;
import org.nd4j.linalg.api.memory.enums.AllocationPolicy;
import org.nd4j.linalg.api.memory.enums.LearningPolicy;
import org.nd4j.linalg.api.memory.enums.ResetPolicy;
import org.nd4j.linalg.api.memory.enums.SpillPolicy;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * From a gradient to new parameters, as DL4J's {@link StochasticGradientDescent} does it: the updater turns the
 * gradient into an update in place, the step function applies it.
 */
final class ParameterUpdate {

    /** DL4J's own workspace for activations, idle at this point; using it again costs no memory. */
    private static final String WORKSPACE = "WS_ALL_LAYERS_ACT";

    private static final WorkspaceConfiguration CONFIGURATION = WorkspaceConfiguration.builder()
            .initialSize(0)
            .overallocationLimit(0.05)
            .policyLearning(LearningPolicy.FIRST_LOOP)
            .policyReset(ResetPolicy.BLOCK_LEFT)
            .policySpill(SpillPolicy.REALLOCATE)
            .policyAllocation(AllocationPolicy.OVERALLOCATE)
            .build();

    private final boolean usesWorkspaces;
    private final org.deeplearning4j.optimize.api.StepFunction stepFunction;

    ParameterUpdate(@Nullable StepFunction configured, @Nullable WorkspaceMode training) {
        usesWorkspaces = training == WorkspaceMode.ENABLED;
        var created = StepFunctions.createStepFunction(configured);
        stepFunction = created != null
                ? created
                : BaseOptimizer.getDefaultStepFunctionForOptimizer(StochasticGradientDescent.class);
    }

    /**
     * Takes the step.
     *
     * @param updater turns the gradient array into the update, in place
     * @param parameters flattened parameters, rank 1, changed
     * @param gradient the flattened gradient array, rank 1
     */
    void apply(Consumer<LayerWorkspaceMgr> updater, INDArray parameters, INDArray gradient) {
        updater.accept(usesWorkspaces ? workspaces() : LayerWorkspaceMgr.noWorkspaces());
        stepFunction.step(parameters, gradient);
    }

    private static LayerWorkspaceMgr workspaces() {
        return LayerWorkspaceMgr.builder()
                .with(ArrayType.INPUT, WORKSPACE, CONFIGURATION)
                .with(ArrayType.ACTIVATIONS, WORKSPACE, CONFIGURATION)
                .with(ArrayType.UPDATER_WORKING_MEM, WORKSPACE, CONFIGURATION)
                .build();
    }
}
