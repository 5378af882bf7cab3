/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.net;

import java.util.Collection;
import java.util.Map;
import java.util.OptionalInt;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/**
 * What DL4J's two network classes can both do but say in different words. One thin implementation for each; everything that
 * is the same for both is in {@link Backend}.
 */
interface Internals {

    /** The network itself. */
    Model model();

    /** Makes a second network around the same parameter array, with everything else its own. */
    Internals replica();

    /** All layers, live. */
    Layer[] layers();

    /** The settings that hold for the network as a whole. */
    NeuralNetConfiguration configuration();

    @Nullable
    WorkspaceMode trainingWorkspaces();

    /** Time steps per optimizer step; empty unless the network trains by truncated BPTT. */
    OptionalInt segmentLength();

    /** The list that the network announces passes to: live, not a copy. */
    Collection<TrainingListener> listeners();

    /** The flattened gradient array, rank 2; null before the first pass. */
    @Nullable
    INDArray gradients();

    int iteration();

    void setIteration(int iteration);

    int epoch();

    void setEpoch(int epoch);

    void setScore(double score);

    void requireFits(MultiDataSet batch);

    /** Makes a micro-batch the input of the next pass, masks included. */
    void setMicroBatch(MultiDataSet microBatch);

    /** Leaves a window in the network as its input and labels. */
    void show(MultiDataSet window);

    void computeGradientAndScore();

    /** The part of the last pass's score that is a plain sum over examples, without regularization. */
    double summedScore();

    /** Tells which positions of the gradient array mean what. */
    LayoutBuilder layout(LayoutBuilder empty);

    /** Runs the network's updater on its gradient array. */
    void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces);

    void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations);

    double regularization();

    void clearMasks();

    void clearLayers();

    void incrementEpoch();

    void setEtlMillis(long millis);
}
