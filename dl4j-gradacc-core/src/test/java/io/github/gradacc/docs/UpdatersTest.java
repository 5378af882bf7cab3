/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.gradacc.testing.Batches;
import io.github.gradacc.testing.Data;
import io.github.gradacc.testing.Nets;
import io.github.gradacc.train.ClipGlobalNorm;
import io.github.gradacc.train.GradientAccumulationTrainer;
import io.github.gradacc.train.GradientCentralization;
import io.github.gradacc.train.StepReport;
import io.github.gradacc.updater.AveragedParameters;
import io.github.gradacc.updater.AveragedSgd;
import io.github.gradacc.updater.CosineRestarts;
import io.github.gradacc.updater.LinearWarmUp;
import io.github.gradacc.updater.SgdMomentum;
import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** The snippets of docs/updaters.md, run. The lines of its tables are run by a test of the updaters. */
class UpdatersTest {

    private final List<String> logged = new ArrayList<>();

    private void log(String line) {
        logged.add(line);
    }

    @Test
    void momentumWithSchedules() {
        // snippet
        var rates = new LinearWarmUp(new CosineRestarts(0.1, 90_000), 5_000, 0.1); // steps, not batches
        var configuration = new NeuralNetConfiguration.Builder()
                .updater(new SgdMomentum(rates).withMomentum(0.9))
                .l2(1e-4) // weight_decay, of weights; l2Bias for biases
                .list()
                .layer(new DenseLayer.Builder().nOut(16).build())
                .layer(new OutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(3)
                        .activation(Activation.SOFTMAX)
                        .build())
                .setInputType(InputType.feedForward(4))
                .build();
        // end
        MultiLayerNetwork network = Nets.init(configuration);
        var batch = new Data(1, DataType.FLOAT).dataSet(12, 3, 4);
        double before = network.score(batch);
        for (int i = 0; i < 30; i++) {
            network.fit(batch);
        }
        assertThat(network.score(batch)).isLessThan(before);
        assertThat(network.getLearningRate(0)).isGreaterThan(0.01);
    }

    @Test
    void transforms() {
        MultiLayerNetwork network = Nets.init(Nets.mlp());
        INDArray features = new Data(1, DataType.DOUBLE).normal(6, 4);
        INDArray labels = new Data(2, DataType.DOUBLE).oneHot(6, 3);
        // snippet
        try (var trainer = GradientAccumulationTrainer.builder(network)
                .microBatchSize(2)
                .gradientTransforms(
                        new GradientCentralization(),
                        gradient -> gradient.parameters().stream() // one of your own, in place
                                .filter(parameter -> parameter.layer().equals("0"))
                                .forEach(parameter -> parameter.gradient().muli(0.5)),
                        new ClipGlobalNorm(1))
                .build()) {
            StepReport step = trainer.fit(features, labels);
            log("norm before clipping " + step.gradientNorm());
        }
        // end
        assertThat(logged).singleElement().asString().matches("norm before clipping 0\\.\\d+");
    }

    @Test
    void averages() {
        MultiLayerNetwork network = Nets.init(Nets.mlp(settings -> settings.updater(new AveragedSgd(0.1).withT0(1))));
        Batches.mlp().forEach(network::fit);
        // snippet
        MultiLayerNetwork averaged = network.clone();
        averaged.setParams(AveragedParameters.of(network));
        averaged.setUpdater(null); // DL4J makes a new one; the old one's distances are those of other parameters
        // end
        assertThat(averaged.params().distance2(network.params())).isPositive();
        assertThat(AveragedParameters.of(averaged)).isEqualTo(averaged.params());
    }
}
