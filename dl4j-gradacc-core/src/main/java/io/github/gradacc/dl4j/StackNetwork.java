/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.conf.layers.BaseLayer;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.deeplearning4j.optimize.api.TrainingListener;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.NoOp;

/** A {@link MultiLayerNetwork}. */
final class StackNetwork extends Network {

    private final MultiLayerNetwork network;

    StackNetwork(MultiLayerNetwork network) {
        this.network = network;
    }

    @Override
    public Model model() {
        return network;
    }

    @Override
    public List<LayerView> layers() {
        List<LayerView> layers = new ArrayList<>();
        for (int i = 0; i < network.getnLayers(); i++) {
            layers.add(LayerView.of(i, network.getLayer(i), network.getLayerWiseConfigurations()));
        }
        return layers;
    }

    @Override
    boolean trainsBelow(LayerView layer) {
        boolean trains = false;
        for (LayerView below : layers()) {
            if (below.key().equals(layer.key())) {
                break;
            }
            trains = !below.endsBackpropagation() && (trains || below.isTrained());
        }
        return trains;
    }

    @Override
    public List<LayerView> outputs() {
        return List.of(layers().get(network.getnLayers() - 1));
    }

    @Override
    public List<String> inputNames() {
        return List.of("input");
    }

    @Override
    public List<String> outputNames() {
        return List.of("output");
    }

    @Override
    public boolean takesIndices(int input) {
        return layers().get(0).facts().takesIndices();
    }

    @Override
    public @Nullable WorkspaceMode trainingWorkspaces() {
        return network.getLayerWiseConfigurations().getTrainingWorkspaceMode();
    }

    @Override
    public OptionalInt segmentLength() {
        MultiLayerConfiguration configuration = network.getLayerWiseConfigurations();
        return configuration.getBackpropType() == BackpropType.TruncatedBPTT
                ? OptionalInt.of(configuration.getTbpttFwdLength())
                : OptionalInt.empty();
    }

    @Override
    public boolean needsFeatureSequences() {
        return true;
    }

    @Override
    public Collection<TrainingListener> listeners() {
        return network.getListeners();
    }

    @Override
    public void setEpoch(int epoch) {
        network.setEpochCount(epoch);
    }

    @Override
    public void incrementEpoch() {
        network.incrementEpochCount();
    }

    @Override
    public void setScore(double score) {
        network.setScore(score);
    }

    @Override
    public void setEtlMillis(long millis) {
        network.setLastEtlTime(millis);
    }

    @Override
    public int[] labelRows() {
        return new int[] {1};
    }

    @Override
    public boolean takesStackedInputs() {
        return false;
    }

    @Override
    public void setMicroBatch(MultiDataSet microBatch) {
        network.setLayerMaskArrays(first(microBatch.getFeaturesMaskArrays()), first(microBatch.getLabelsMaskArrays()));
        show(microBatch);
    }

    @Override
    void setFeaturesMasks(@Nullable INDArray @Nullable [] masks) {
        network.setLayerMaskArrays(first(masks), null);
    }

    private static @Nullable INDArray first(@Nullable INDArray @Nullable [] masks) {
        return masks == null || masks.length == 0 ? null : masks[0];
    }

    @Override
    public void show(MultiDataSet data) {
        network.setInput(data.getFeatures(0));
        network.setLabels(data.getLabels(0));
    }

    @Override
    public double summedScore() {
        return outputs().get(0).reportsSum() ? network.score() - regularization() : 0;
    }

    @Override
    public double unmaskedScore(@Nullable INDArray @Nullable [] labelsMasks) {
        return 0;
    }

    /** Masks may be missing, and DL4J's method has no annotations that say so. */
    @Override
    @SuppressWarnings("NullAway")
    public INDArray output(MultiDataSet data) {
        return network.output(
                data.getFeatures(0), false, first(data.getFeaturesMaskArrays()), first(data.getLabelsMaskArrays()));
    }

    @Override
    @SuppressWarnings("NullAway")
    public double score(MultiDataSet data) {
        return network.score(
                new DataSet(
                        data.getFeatures(0),
                        data.getLabels(0),
                        first(data.getFeaturesMaskArrays()),
                        first(data.getLabelsMaskArrays())),
                false);
    }

    @Override
    public double regularization() {
        return network.calcRegularizationScore(true);
    }

    @Override
    public void createUpdater() {
        network.getUpdater();
    }

    @Override
    public void update(Gradient gradient, int examples, LayerWorkspaceMgr workspaces) {
        network.getUpdater().update(network, gradient, iteration(), epoch(), examples, workspaces);
    }

    @Override
    @Nullable
    public INDArray updaterState() {
        var updater = network.getUpdater(false);
        return updater == null ? null : updater.getStateViewArray();
    }

    @Override
    public void setUpdaterState(INDArray state) {
        network.getUpdater().setStateViewArray(network, state, false);
    }

    @Override
    public void adoptUpdaters(String configuration) {
        MultiLayerConfiguration saved = MultiLayerConfiguration.fromJson(configuration);
        for (int i = 0; i < network.getnLayers(); i++) {
            adoptUpdater(network.getLayer(i).conf().getLayer(), saved.getConf(i).getLayer());
        }
        network.setUpdater(null);
        network.getUpdater();
    }

    @Override
    public String configurationJson() {
        return network.getLayerWiseConfigurations().toJson();
    }

    @Override
    public void announceForwardPass(TrainingListener listener, Map<String, INDArray> activations) {
        listener.onForwardPass(network, List.copyOf(activations.values()));
    }

    @Override
    public void clearMasks() {
        network.clearLayerMaskArrays();
    }

    @Override
    public void clearLayers() {
        network.clearLayersStates();
    }

    @Override
    public Propagation propagate(boolean training, INDArray... features) {
        return new StackPropagation(network, layers(), training, features[0]);
    }

    static Network read(String json, INDArray parameters) {
        MultiLayerNetwork network = new MultiLayerNetwork(Replica.read(json, MultiLayerConfiguration::fromJson));
        network.init(parameters, false);
        network.initGradientsView();
        return new StackNetwork(network);
    }

    @Override
    public String portableJson() {
        return Replica.portable(
                layers(), network.getLayerWiseConfigurations(), this::toJson, MultiLayerConfiguration::fromJson);
    }

    @Override
    public boolean isGraph() {
        return false;
    }

    @Override
    Network replica(Consumer<ConfigurationCopy> change, UnaryOperator<INDArray> parameters) {
        MultiLayerConfiguration copy = copy();
        change.accept(new ConfigurationCopy(
                copy.getConfs().stream().map(NeuralNetConfiguration::getLayer).toList(),
                mode -> {
                    copy.setTrainingWorkspaceMode(mode);
                    copy.setInferenceWorkspaceMode(mode);
                },
                copy::setBackpropType,
                copy::setDataType));
        MultiLayerNetwork replica = new MultiLayerNetwork(copy);
        replica.init(
                network.numParams() == 0
                        ? null
                        : parameters.apply(network.params().castTo(copy.getDataType())),
                false);
        replica.initGradientsView();
        return new StackNetwork(replica);
    }

    /**
     * DL4J 1.0.0-M2.1 takes the JSON of a layer that has no updater for that of an old release, in which it then looks
     * for one, and fails ({@code MultiLayerConfigurationDeserializer}). Batch normalization without gamma and beta and
     * loss layers train without an updater; so what is written and read has one, and the copy has none again.
     */
    private MultiLayerConfiguration copy() {
        MultiLayerConfiguration original = network.getLayerWiseConfigurations();
        MultiLayerConfiguration copy =
                Replica.copy(layers(), original, this::toJson, MultiLayerConfiguration::fromJson);
        return withUpdater(copy, withoutUpdater(original), null);
    }

    private String toJson(MultiLayerConfiguration configuration) {
        List<Integer> without = withoutUpdater(configuration);
        return without.isEmpty()
                ? configuration.toJson()
                : withUpdater(configuration.clone(), without, new NoOp()).toJson();
    }

    private static List<Integer> withoutUpdater(MultiLayerConfiguration configuration) {
        return IntStream.range(0, configuration.getConfs().size())
                .filter(i ->
                        configuration.getConf(i).getLayer() instanceof BaseLayer layer && layer.getIUpdater() == null)
                .boxed()
                .toList();
    }

    private static MultiLayerConfiguration withUpdater(
            MultiLayerConfiguration configuration, List<Integer> layers, @Nullable IUpdater updater) {
        layers.forEach(i -> ((BaseLayer) configuration.getConf(i).getLayer()).setIUpdater(updater));
        return configuration;
    }
}
