/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.graph.StackVertex;
import org.deeplearning4j.nn.conf.graph.UnstackVertex;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.deeplearning4j.nn.graph.vertex.VertexIndices;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** A {@link ComputationGraph}. */
final class GraphNetwork extends Network {

    private final ComputationGraph graph;

    GraphNetwork(ComputationGraph graph) {
        this.graph = graph;
    }

    @Override
    public Model model() {
        return graph;
    }

    @Override
    public List<LayerView> layers() {
        List<LayerView> layers = new ArrayList<>();
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            if (!vertex.isInputVertex()) {
                layers.add(view(vertex));
            }
        }
        return layers;
    }

    private LayerView view(GraphVertex vertex) {
        return LayerView.of(
                vertex,
                Objects.requireNonNull(graph.getConfiguration().getVertices().get(vertex.getVertexName())));
    }

    @Override
    boolean trainsBelow(LayerView layer) {
        return trainsBelow(graph.getVertex(layer.key()), new HashSet<>());
    }

    private boolean trainsBelow(GraphVertex vertex, Set<GraphVertex> seen) {
        return Arrays.stream(vertex.getInputVertices())
                .map(input -> graph.getVertices()[input.getVertexIndex()])
                .filter(below -> !below.isInputVertex() && seen.add(below))
                .anyMatch(below ->
                        !view(below).endsBackpropagation() && (view(below).isTrained() || trainsBelow(below, seen)));
    }

    @Override
    public List<LayerView> outputs() {
        return outputNames().stream().map(name -> view(graph.getVertex(name))).toList();
    }

    @Override
    public List<String> inputNames() {
        return graph.getConfiguration().getNetworkInputs();
    }

    @Override
    public List<String> outputNames() {
        return graph.getConfiguration().getNetworkOutputs();
    }

    @Override
    public boolean takesIndices(int input) {
        VertexIndices[] consumers = graph.getVertex(inputNames().get(input)).getOutputVertices();
        return Arrays.stream(consumers)
                .map(consumer -> view(graph.getVertices()[consumer.getVertexIndex()]))
                .anyMatch(layer -> layer.facts().takesIndices());
    }

    @Override
    public @Nullable WorkspaceMode trainingWorkspaces() {
        return graph.getConfiguration().getTrainingWorkspaceMode();
    }

    /** Both modes are set: in backward passes DL4J asks for that of inference. */
    @Override
    public void computeFirstGradient() {
        ComputationGraphConfiguration configuration = graph.getConfiguration();
        WorkspaceMode training = configuration.getTrainingWorkspaceMode();
        WorkspaceMode inference = configuration.getInferenceWorkspaceMode();
        if (hasSameDiffVertex()) {
            configuration.setTrainingWorkspaceMode(WorkspaceMode.NONE);
            configuration.setInferenceWorkspaceMode(WorkspaceMode.NONE);
        }
        try {
            computeGradient();
        } finally {
            configuration.setTrainingWorkspaceMode(training);
            configuration.setInferenceWorkspaceMode(inference);
        }
    }

    @Override
    public OptionalInt segmentLength() {
        ComputationGraphConfiguration configuration = graph.getConfiguration();
        return configuration.getBackpropType() == BackpropType.TruncatedBPTT
                ? OptionalInt.of(configuration.getTbpttFwdLength())
                : OptionalInt.empty();
    }

    @Override
    public boolean needsFeatureSequences() {
        return false;
    }

    @Override
    public Collection<TrainingListener> listeners() {
        return graph.getListeners();
    }

    @Override
    public void setEpoch(int epoch) {
        graph.getConfiguration().setEpochCount(epoch);
    }

    @Override
    public void incrementEpoch() {
        graph.incrementEpochCount();
    }

    @Override
    public void setScore(double score) {
        graph.setScore(score);
    }

    @Override
    public void setEtlMillis(long millis) {
        graph.setLastEtlTime(millis);
    }

    @Override
    public int[] labelRows() {
        Map<String, Integer> rows = rows();
        return outputNames().stream()
                .mapToInt(takesStackedInputs(rows) ? output -> 1 : rows::get)
                .toArray();
    }

    /** Returns for each vertex how many rows its output has for each example, if each input has one. */
    private Map<String, Integer> rows() {
        Map<String, Integer> rows = new HashMap<>();
        for (int index : graph.topologicalSortOrder()) {
            GraphVertex vertex = graph.getVertices()[index];
            rows.put(vertex.getVertexName(), vertex.isInputVertex() ? 1 : rows(vertex, rows));
        }
        return rows;
    }

    private org.deeplearning4j.nn.conf.graph.@Nullable GraphVertex configuration(GraphVertex vertex) {
        var configuration = graph.getConfiguration().getVertices().get(vertex.getVertexName());
        return configuration == null ? null : Wrapping.innermost(configuration);
    }

    private int[] inputRows(GraphVertex vertex, Map<String, Integer> rows) {
        return Arrays.stream(vertex.getInputVertices())
                .mapToInt(input -> rows.get(graph.getVertices()[input.getVertexIndex()].getVertexName()))
                .toArray();
    }

    private int rows(GraphVertex vertex, Map<String, Integer> rows) {
        org.deeplearning4j.nn.conf.graph.GraphVertex configuration = configuration(vertex);
        int[] inputs = inputRows(vertex, rows);
        if (configuration instanceof StackVertex) {
            return Arrays.stream(inputs).sum();
        }
        if (configuration instanceof UnstackVertex unstack && inputs[0] % unstack.getStackSize() == 0) {
            return inputs[0] / unstack.getStackSize();
        }
        return inputs[0];
    }

    @Override
    public boolean takesStackedInputs() {
        return takesStackedInputs(rows());
    }

    /** What an unstacking vertex takes apart was put together by a {@code StackVertex} above it, or comes that way. */
    private boolean takesStackedInputs(Map<String, Integer> rows) {
        return Arrays.stream(graph.getVertices())
                .anyMatch(vertex -> configuration(vertex) instanceof UnstackVertex unstack
                        && inputRows(vertex, rows)[0] % unstack.getStackSize() != 0);
    }

    @Override
    public void setMicroBatch(MultiDataSet microBatch) {
        if (graph.getFlattenedGradients() == null) {
            graph.initGradientsView();
        }
        show(microBatch);
        graph.setLayerMaskArrays(microBatch.getFeaturesMaskArrays(), microBatch.getLabelsMaskArrays());
    }

    @Override
    void setFeaturesMasks(@Nullable INDArray @Nullable [] masks) {
        graph.setLayerMaskArrays(masks, null);
    }

    @Override
    public void show(MultiDataSet data) {
        graph.setInputs(data.getFeatures());
        graph.setLabels(data.getLabels());
    }

    /** DL4J adds the regularization to the score of the first output. */
    @Override
    public double summedScore() {
        double summed = 0;
        double regularization = regularization();
        for (LayerView output : outputs()) {
            if (output.reportsSum()) {
                Layer layer = output.layer().orElseThrow();
                summed += layer.score() - regularization;
            }
            regularization = 0;
        }
        return summed;
    }

    @Override
    public double unmaskedScore(@Nullable INDArray @Nullable [] labelsMasks) {
        double unmasked = 0;
        double regularization = regularization();
        List<LayerView> outputs = outputs();
        for (int i = 0; i < outputs.size(); i++) {
            if (labelsMasks == null || labelsMasks[i] == null) {
                unmasked += outputs.get(i).layer().orElseThrow().score() - regularization;
            }
            regularization = 0;
        }
        return unmasked;
    }

    @Override
    public INDArray output(MultiDataSet data) {
        return graph.output(false, data.getFeatures(), data.getFeaturesMaskArrays(), data.getLabelsMaskArrays())[0];
    }

    @Override
    public double score(MultiDataSet data) {
        return graph.score(data, false);
    }

    @Override
    public double regularization() {
        return graph.calcRegularizationScore(true);
    }

    @Override
    public void createUpdater() {
        graph.getUpdater();
    }

    @Override
    public void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces) {
        graph.getUpdater().update(gradient, iteration(), epoch(), examples, workspaces);
    }

    @Override
    @Nullable
    public INDArray updaterState() {
        var updater = graph.getUpdater(false);
        return updater == null ? null : updater.getStateViewArray();
    }

    @Override
    public void setUpdaterState(INDArray state) {
        graph.getUpdater().setStateViewArray(state);
    }

    @Override
    public void adoptUpdaters(String configuration) {
        var vertices = ComputationGraphConfiguration.fromJson(configuration).getVertices();
        for (Layer layer : graph.getLayers()) {
            var saved = vertices.get(layer.conf().getLayer().getLayerName());
            Wrapping.layerVertex(Objects.requireNonNull(saved, "a configuration of the same layers"))
                    .ifPresent(vertex -> adoptUpdater(
                            layer.conf().getLayer(), vertex.getLayerConf().getLayer()));
        }
        graph.setUpdater(null);
        graph.getUpdater();
    }

    @Override
    public String configurationJson() {
        return graph.getConfiguration().toJson();
    }

    @Override
    public void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations) {
        listener.onForwardPass(graph, activations);
    }

    @Override
    public void clearMasks() {
        graph.clearLayerMaskArrays();
    }

    @Override
    public void clearLayers() {
        graph.clearLayersStates();
    }

    @Override
    public Propagation propagate(boolean training, INDArray... features) {
        return new GraphPropagation(graph, layers(), training, features);
    }

    static Network read(String json, INDArray parameters) {
        ComputationGraph graph = new ComputationGraph(Replica.read(json, ComputationGraphConfiguration::fromJson));
        graph.init(parameters, false);
        graph.initGradientsView();
        return new GraphNetwork(graph);
    }

    @Override
    public String portableJson() {
        return Replica.portable(
                layers(),
                graph.getConfiguration(),
                ComputationGraphConfiguration::toJson,
                ComputationGraphConfiguration::fromJson);
    }

    @Override
    public boolean isGraph() {
        return true;
    }

    @Override
    Network replica(Consumer<ConfigurationCopy> change, UnaryOperator<INDArray> parameters) {
        ComputationGraphConfiguration copy = Replica.copy(
                layers(),
                graph.getConfiguration(),
                ComputationGraphConfiguration::toJson,
                ComputationGraphConfiguration::fromJson);
        change.accept(new ConfigurationCopy(
                copy.getVertices().values().stream()
                        .flatMap(vertex -> Wrapping.layerVertex(vertex).stream())
                        .map(vertex -> vertex.getLayerConf().getLayer())
                        .toList(),
                mode -> {
                    copy.setTrainingWorkspaceMode(mode);
                    copy.setInferenceWorkspaceMode(mode);
                },
                copy::setBackpropType,
                copy::setDataType));
        ComputationGraph replica = new ComputationGraph(copy);
        replica.init(
                graph.numParams() == 0 ? null : parameters.apply(graph.params().castTo(copy.getDataType())), false);
        replica.initGradientsView();
        return new GraphNetwork(replica);
    }
}
