/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.testing.Nets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * A network, what it is trained on, and how. Its text form names everything; with the seed it is all that is needed to
 * build the same again.
 *
 * @param seed of the data and the weights
 */
record Plan(long seed, Architecture network, Rules rules, Examples examples, Cut cut) {

    /** The same batches each time. */
    List<MultiDataSet> batches() {
        return examples.batches(network, seed);
    }

    MultiLayerConfiguration layers() {
        var list = settings().list();
        network.hidden().forEach(layer -> list.layer(layer.configuration(Architecture.UNITS)));
        list.layer(output());
        if (examples.segment() > 0) {
            list.backpropType(BackpropType.TruncatedBPTT).tBPTTLength(examples.segment());
        }
        return list.setInputType(network.source().type(examples.steps())).build();
    }

    ComputationGraphConfiguration graph() {
        var graph = settings().graphBuilder().addInputs("in");
        graph.setInputTypes(network.source().type(examples.steps()));
        int skipped = network.skip() ? network.skipped() : -1;
        String last = "in";
        for (int i = 0; i < network.hidden().size(); i++) {
            String name = "layer" + i;
            graph.addLayer(name, network.hidden().get(i).configuration(Architecture.UNITS), last);
            if (i == skipped) {
                graph.addVertex("merged", new MergeVertex(), last, name);
                name = "merged";
            }
            last = name;
        }
        List<String> outputs = new ArrayList<>();
        for (int i = 0; i < (network.twoOutputs() ? 2 : 1); i++) {
            outputs.add("out" + i);
            graph.addLayer("out" + i, output(), last);
        }
        graph.setOutputs(outputs.toArray(String[]::new));
        if (examples.segment() > 0) {
            graph.backpropType(BackpropType.TruncatedBPTT).tBPTTLength(examples.segment());
        }
        return graph.build();
    }

    private NeuralNetConfiguration.Builder settings() {
        return rules.apply(Nets.settings().seed(seed));
    }

    private Layer output() {
        return network.isPerStep()
                ? network.target().sequences()
                : network.target().rows();
    }

    /** The configuration as DL4J stores it. */
    String json() {
        return network.graph() ? graph().toJson() : layers().toJson();
    }

    /** Plans that are simpler by one thing; some of them cannot be trained. */
    Stream<Plan> simpler() {
        Stream<Plan> ofExamples = examples.simpler().map(it -> new Plan(seed, network, rules, it, cut));
        Stream<Plan> ofNetwork = network.simpler().map(it -> new Plan(seed, it, rules, examples, cut));
        Stream<Plan> ofRules = rules.simpler().map(it -> new Plan(seed, network, it, examples, cut));
        Stream<Plan> ofCut = cut.simpler().map(it -> new Plan(seed, network, rules, examples, it));
        return Stream.of(ofNetwork, ofRules, ofCut, ofExamples).flatMap(each -> each);
    }
}
