/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.gradacc.init.FanMode;
import io.github.gradacc.init.Gain;
import io.github.gradacc.init.KaimingNormal;
import io.github.gradacc.init.NetworkInitializer;
import io.github.gradacc.loss.LossBceWithLogits;
import io.github.gradacc.loss.LossCrossEntropy;
import io.github.gradacc.loss.Reduction;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.ClipGlobalNorm;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.LossScaling;
import io.github.gradacc.train.NonFinitePolicy;
import io.github.gradacc.train.PartialWindow;
import io.github.gradacc.train.StepReport;
import io.github.gradacc.updater.AdamTorch;
import io.github.gradacc.updater.SgdMomentum;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.transferlearning.FineTuneConfiguration;
import org.deeplearning4j.nn.transferlearning.TransferLearning;
import org.deeplearning4j.util.ModelSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.PolySchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** The snippets of docs/pytorch-phrasebook.md, run, with what the page says about them. */
class PhrasebookTest {

    @TempDir
    Path directory;

    private final DataSet data = new Data(1, DataType.DOUBLE).dataSet(70, 3, 4);
    private final DataSet batch = (DataSet) data.getRange(0, 10);
    private final INDArray features = batch.getFeatures();
    private final INDArray labels = batch.getLabels();
    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    private static MultiLayerNetwork sgd() {
        return Nets.init(Nets.mlp(settings -> settings.updater(new Sgd(0.1))));
    }

    @Test
    void skipping() {
        MultiLayerNetwork network = sgd();
        // snippet
        var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(4)
                .nonFinite(NonFinitePolicy.SKIP_MICRO_BATCH) // or SKIP_STEP: the whole window
                .build();
        // end
        assertThat(trainer.fit(batch).stepped()).isTrue();
        trainer.close();
    }

    @Test
    void gradScaler() {
        MultiLayerNetwork network = Nets.init(
                Nets.mlp(settings -> settings.dataType(DataType.FLOAT16).updater(new Sgd(0.1))));
        DataSet batch = new Data(1, DataType.FLOAT16).dataSet(8, 3, 4);
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .lossScaling(LossScaling.dynamic().withInitialScale(1024))
                .gradientTransforms(new ClipGlobalNorm(0.1)) // sees unscaled gradients
                .build()) {
            StepReport step = trainer.fit(batch);
            log("scale " + step.lossScale()); // scaler.get_scale()
        }
        // end
        assertThat(logged).containsExactly("scale 1024.0");
    }

    @Test
    void wholeScript() {
        // snippet
        MultiLayerConfiguration configuration = new NeuralNetConfiguration.Builder()
                .seed(1) // torch.manual_seed(1), for the initial weights
                .updater(new AdamTorch(1e-3)) // optim.Adam(model.parameters(), lr=1e-3)
                .list()
                .layer(new DenseLayer.Builder()
                        .nOut(16)
                        .activation(Activation.RELU)
                        .build())
                .layer(new OutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.feedForward(4))
                .build();
        MultiLayerNetwork network = new MultiLayerNetwork(configuration);
        network.init();
        DataSetIterator loader = new ListDataSetIterator<>(data.asList(), 8);
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .build()) {
            trainer.fit(loader, 10);
        }
        Evaluation evaluation = new Evaluation(3);
        evaluation.eval(data.getLabels(), network.output(data.getFeatures())); // the largest logit
        log("accuracy " + evaluation.accuracy());
        // end
        // 70 examples are 9 batches: two windows of four, and one of the last.
        assertThat(network.getIterationCount()).isEqualTo(10 * 3);
        assertThat(logged).singleElement().asString().matches("accuracy 0\\.\\d+");
    }

    @Test
    void backward() {
        MultiLayerNetwork network = sgd();
        INDArray before = network.getParam("0_W").dup();
        // snippet
        network.setInput(features);
        network.setLabels(labels);
        network.computeGradientAndScore(); // forward and backward, no step
        double loss = network.score();
        INDArray gradient = network.gradient().getGradientFor("0_W").div(features.size(0));
        // end
        assertThat(network.getParam("0_W")).isEqualTo(before);
        assertThat(loss).isEqualTo(sgd().score(batch));
        gradient = gradient.dup();
        network.fit(batch);
        INDArray moved = before.sub(network.getParam("0_W")).div(0.1);
        assertThat(moved.sub(gradient).amaxNumber().doubleValue()).isLessThan(1e-13);
    }

    @Test
    void steps() {
        MultiLayerNetwork network = sgd();
        // snippet
        network.fit(batch); // zero_grad, forward, backward and step
        // end
        assertThat(network.getIterationCount()).isEqualTo(1);
    }

    @Test
    void accumulation() {
        MultiLayerNetwork network = sgd();
        DataSetIterator loader = new ListDataSetIterator<>(data.asList(), 8);
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .build()) {
            while (loader.hasNext()) {
                trainer.accumulate(loader.next()) // backward; after the fourth, step and zero_grad
                        .ifPresent(step -> log("loss " + step.score()));
            }
            trainer.flush(); // step on what is left
        }
        // end
        assertThat(logged).hasSize(2);
        assertThat(network.getIterationCount()).isEqualTo(3);
    }

    @Test
    void groups() {
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .updater(new SgdMomentum(1e-2).withMomentum(0.9)) // every other layer
                .list()
                .layer(new DenseLayer.Builder()
                        .nOut(16)
                        .updater(new SgdMomentum(1e-3).withMomentum(0.9)) // this layer
                        .biasUpdater(new Sgd(2e-3)) // and its bias
                        .build())
                .layer(new OutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build())
                .setInputType(InputType.feedForward(4))
                .build();
        // end
        MultiLayerNetwork network = Nets.init(configuration);
        assertThat(network.getLearningRate(0)).isEqualTo(1e-3);
        assertThat(network.getLearningRate(1)).isEqualTo(1e-2);
        assertThat(network.getLayer(0).conf().getLayer().getUpdaterByParam("b")).isEqualTo(new Sgd(2e-3));
    }

    @Test
    void ratesOfGroups() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new AdamTorch(1e-3))));
        INDArray before = network.getParam("0_W").dup();
        // snippet
        network.setLearningRate(0, 0.0); // layer 0 rests
        network.fit(batch);
        network.setLearningRate(0, 1e-4); // and takes part
        // end
        assertThat(network.getParam("0_W")).isEqualTo(before);
        network.fit(batch);
        assertThat(network.getParam("0_W")).isNotEqualTo(before);
    }

    @Test
    void newParameters() {
        MultiLayerNetwork network = sgd();
        // snippet
        MultiLayerNetwork longer = new TransferLearning.Builder(network)
                .fineTuneConfiguration(new FineTuneConfiguration.Builder()
                        .updater(new AdamTorch(1e-3))
                        .build())
                .setFeatureExtractor(0) // requires_grad_(False) up to layer 0
                .removeOutputLayer()
                .addLayer(new OutputLayer.Builder(new LossCrossEntropy())
                        .nIn(6)
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build())
                .build();
        // end
        INDArray frozen = longer.getParam("0_W").dup();
        INDArray added = longer.getParam("1_W").dup();
        longer.fit(batch);
        assertThat(frozen).isEqualTo(network.getParam("0_W"));
        assertThat(longer.getParam("0_W")).isEqualTo(frozen);
        assertThat(longer.getParam("1_W")).isNotEqualTo(added);
    }

    @Test
    void state() throws Exception {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new AdamTorch(1e-2))));
        network.fit(batch);
        File file = directory.resolve("network.zip").toFile();
        // snippet
        ModelSerializer.writeModel(network, file, true); // with the updater's state and the counters
        MultiLayerNetwork restored = ModelSerializer.restoreMultiLayerNetwork(file, true);
        // end
        network.fit(batch);
        restored.fit(batch);
        assertThat(restored.params()).isEqualTo(network.params());
        assertThat(restored.getIterationCount()).isEqualTo(2);
    }

    @Test
    void stateInMemory() {
        MultiLayerNetwork network = sgd();
        MultiLayerNetwork other =
                Nets.init(Nets.mlp(settings -> settings.seed(2).updater(new Sgd(0.1))));
        // snippet
        Map<String, INDArray> parameters = network.paramTable(); // "0_W", "0_b", ...: views, not copies
        other.setParams(network.params()); // a copy
        // end
        assertThat(parameters).containsOnlyKeys("0_W", "0_b", "1_W", "1_b");
        assertThat(other.params()).isEqualTo(network.params());
        network.params().assign(0);
        assertThat(parameters.get("0_W").sumNumber().doubleValue()).isZero();
        assertThat(other.params()).isNotEqualTo(network.params());
    }

    @Test
    void schedules() {
        // snippet
        ISchedule step = new StepSchedule(ScheduleType.EPOCH, 0.1, 0.5, 30); // StepLR(opt, 30, gamma=0.5)
        ISchedule exponential = new ExponentialSchedule(ScheduleType.EPOCH, 0.1, 0.95); // ExponentialLR(opt, 0.95)
        ISchedule milestones = new MapSchedule.Builder(ScheduleType.EPOCH) // MultiStepLR(opt, [30, 80], gamma=0.1)
                .add(0, 0.1)
                .add(30, 0.01)
                .add(80, 0.001)
                .build();
        // end
        assertThat(step.valueAt(7, 29)).isEqualTo(0.1);
        assertThat(step.valueAt(7, 60)).isEqualTo(0.025);
        assertThat(exponential.valueAt(7, 2)).isCloseTo(0.1 * 0.95 * 0.95, within(1e-15));
        // What the page says of DL4J's polynomial schedule: it grows, where torch's would be 0.025 here.
        assertThat(new PolySchedule(ScheduleType.EPOCH, 0.1, 2, 50).valueAt(7, 25))
                .isCloseTo(0.225, within(1e-15));
        assertThat(milestones.valueAt(7, 29)).isEqualTo(0.1);
        assertThat(milestones.valueAt(7, 79)).isEqualTo(0.01);
        assertThat(milestones.valueAt(7, 80)).isEqualTo(0.001);
    }

    @Test
    void plateaus() {
        MultiLayerNetwork network = sgd();
        // snippet
        network.setLearningRate(network.getLearningRate(0) * 0.1); // every layer; keeps the updater's state
        // end
        assertThat(network.getLearningRate(1)).isCloseTo(0.01, within(1e-15));
    }

    @Test
    void clipping() {
        MultiLayerNetwork network = sgd();
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(4)
                .gradientTransforms(new ClipGlobalNorm(0.1))
                .build()) {
            StepReport step = trainer.fit(batch);
            log("norm before clipping " + step.gradientNorm());
        }
        // end
        assertThat(logged).singleElement().asString().startsWith("norm before clipping ");
        double norm = Double.parseDouble(logged.get(0).substring("norm before clipping ".length()));
        assertThat(norm).isGreaterThan(0.1);
        // Rate 0.1 times the norm 0.1; torch divides by the norm + 1e-6.
        assertThat(network.params().distance2(sgd().params())).isCloseTo(0.01, within(1e-6));
    }

    @Test
    void modes() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.dropOut(0.5)));
        // snippet
        INDArray evaluated = network.output(features); // model.eval(), with torch.no_grad()
        INDArray trained = network.output(features, true); // model.train(): dropout, statistics of the batch
        // end
        assertThat(network.output(features)).isEqualTo(evaluated);
        assertThat(trained).isNotEqualTo(evaluated);
    }

    @Test
    void reductions() {
        // snippet
        var sum = new NeuralNetConfiguration.Builder().miniBatch(false); // reduction='sum', over the examples
        var outputs = new LossBceWithLogits().withReduction(Reduction.SUM); // and over the outputs of each
        // end
        MultiLayerNetwork network = Nets.init(Nets.of(
                sum.seed(1).dataType(DataType.DOUBLE),
                InputType.feedForward(4),
                Nets.dense(6),
                new OutputLayer.Builder(outputs)
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .build()));
        double added = 0;
        INDArray logits = network.output(features);
        for (int i = 0; i < 10; i++) {
            for (int j = 0; j < 3; j++) {
                double p = 1 / (1 + Math.exp(-logits.getDouble(i, j)));
                added -= Math.log(labels.getDouble(i, j) == 1 ? p : 1 - p);
            }
        }
        assertThat(network.score(batch)).isCloseTo(added, within(1e-12));
    }

    @Test
    void noReduction() {
        MultiLayerNetwork network = sgd();
        // snippet
        INDArray losses = network.scoreExamples(batch, false); // reduction='none': [examples, 1]
        // end
        assertThat(losses.shape()).containsExactly(10, 1);
        assertThat(losses.meanNumber().doubleValue()).isCloseTo(network.score(batch), within(1e-14));
    }

    @Test
    void decay() {
        // snippet
        var configuration = new NeuralNetConfiguration.Builder()
                .updater(new AdamTorch(1e-3))
                .list()
                .layer(new DenseLayer.Builder()
                        .nOut(16)
                        .weightDecay(0.01) // AdamW's weight_decay, of this layer's weights
                        .build())
                .layer(new OutputLayer.Builder(new LossCrossEntropy())
                        .nOut(3)
                        .activation(Activation.IDENTITY)
                        .l2(1e-4) // Adam's and SGD's weight_decay, of this layer's weights
                        .build())
                .setInputType(InputType.feedForward(4))
                .build();
        // end
        MultiLayerNetwork network = Nets.init(configuration);
        assertThat(network.getLayer(0).conf().getLayer().getRegularizationByParam("W"))
                .hasSize(1);
        assertThat(network.getLayer(0).conf().getLayer().getRegularizationByParam("b"))
                .isNullOrEmpty();
        assertThat(network.getLayer(1).conf().getLayer().getRegularizationByParam("W"))
                .hasSize(1);
    }

    @Test
    void initialWeights() {
        MultiLayerNetwork network = sgd();
        INDArray before = network.getParam("1_W").dup();
        // snippet
        NetworkInitializer.apply(network, new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")));
        network.getParam("0_b").assign(0.1); // nn.init.constant_(model[0].bias, 0.1)
        // end
        assertThat(network.getParam("1_W")).isNotEqualTo(before);
        assertThat(network.getParam("1_b").sumNumber().doubleValue()).isZero();
        assertThat(network.params().getDouble(4 * 6)).isEqualTo(0.1);
    }

    @Test
    void losses() {
        MultiLayerNetwork network = Nets.init(Nets.of(
                InputType.feedForward(4),
                Nets.dense(6),
                // snippet
                new OutputLayer.Builder(new LossCrossEntropy().withWeight(1, 2, 2)) // nn.CrossEntropyLoss(weight=...)
                        .nOut(3)
                        .activation(Activation.IDENTITY) // logits
                        .build()
                // end
                ));
        network.fit(
                features,
                Nd4j.createFromArray(0.0, 1, 2, -100, 0, 1, 2, 0, 1, 2).reshape(10, 1));
        assertThat(network.score()).isFinite().isPositive();
    }

    @Test
    void loaders() {
        // snippet
        data.shuffle(1); // in place; again before each epoch, with another seed
        int whole = data.numExamples() / 32 * 32;
        DataSetIterator all = new ListDataSetIterator<>(data.asList(), 32); // DataLoader(data, 32)
        DataSetIterator full = new ListDataSetIterator<>(data.asList().subList(0, whole), 32); // drop_last=True
        // end
        assertThat(sizes(all)).containsExactly(32, 32, 6);
        assertThat(sizes(full)).containsExactly(32, 32);
    }

    @Test
    void partialWindows() {
        MultiLayerNetwork network = sgd();
        DataSetIterator loader = new ListDataSetIterator<>(data.asList(), 8);
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .accumulationSteps(4)
                .partialWindow(PartialWindow.DROP) // or STEP, the default, or CARRY into the next epoch
                .build()) {
            trainer.fit(loader);
        }
        // end
        assertThat(network.getIterationCount()).isEqualTo(2);
    }

    private static List<Integer> sizes(DataSetIterator batches) {
        List<Integer> sizes = new ArrayList<>();
        while (batches.hasNext()) {
            sizes.add(batches.next().numExamples());
        }
        return sizes;
    }
}
