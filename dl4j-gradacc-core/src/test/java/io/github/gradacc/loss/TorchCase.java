/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.loss;

import io.github.gradacc.testing.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossL1;
import org.nd4j.linalg.lossfunctions.impl.LossL2;
import org.nd4j.linalg.lossfunctions.impl.LossMAE;
import org.nd4j.linalg.lossfunctions.impl.LossMSE;
import org.nd4j.shade.jackson.databind.JsonNode;

/**
 * A case of libtorch's, in rows of outputs as DL4J has them.
 *
 * @param json the case
 * @param mean the loss that averages a row's terms, and the rows
 * @param sum the loss that does neither
 * @param mask torch's weights of single elements, and the lengths of CTC's sequences
 * @param layout how the tensors of torch become rows
 */
record TorchCase(
        JsonNode json,
        ILossFunction mean,
        ILossFunction sum,
        INDArray labels,
        INDArray output,
        @Nullable INDArray mask,
        Function<INDArray, INDArray> layout) {

    static Stream<TorchCase> all() {
        List<TorchCase> cases = new ArrayList<>();
        Reference.read("losses.json").get("cases").forEach(json -> cases.add(new Reader(json).read()));
        return cases.stream();
    }

    Given with(ILossFunction loss) {
        return new Given(loss, labels, output).masked(mask);
    }

    String torchName() {
        return json.get("loss").asText();
    }

    /** torch's mean of losses with class indices divides by the weights of the labels, which no single row knows. */
    boolean isMeanOfRows() {
        return sum != mean || json.get("mean_divisor").asDouble() == output.size(0);
    }

    INDArray expected(String path) {
        return layout.apply(Reference.tensor(json.at("/expected" + path)));
    }

    /** The gradients of all inputs, side by side. */
    INDArray gradient(String reduction) {
        List<INDArray> gradients = new ArrayList<>();
        for (JsonNode name : json.get("grad_inputs")) {
            if (!name.asText().equals("log_probs")) {
                gradients.add(expected("/" + reduction + "/grad/" + name.asText()));
            }
        }
        return Nd4j.concat(1, gradients.toArray(INDArray[]::new));
    }

    /** Brings a gradient of ours into the shape of theirs: where variances were repeated, their gradients add up. */
    INDArray folded(INDArray gradient) {
        INDArray theirs = gradient("sum");
        if (gradient.size(1) == theirs.size(1)) {
            return gradient;
        }
        long d = theirs.size(1) - 1;
        INDArray ofVariance = columns(gradient, d, gradient.size(1)).sum(true, 1);
        return Nd4j.concat(1, columns(gradient, 0, d), ofVariance);
    }

    private static INDArray columns(INDArray array, long from, long to) {
        INDArray part = Nd4j.create(DataType.DOUBLE, array.size(0), to - from);
        for (long column = from; column < to; column++) {
            part.putColumn((int) (column - from), array.getColumn(column));
        }
        return part;
    }

    @Override
    public String toString() {
        return json.get("name").asText();
    }

    /** Reads a case. */
    private record Reader(JsonNode json) {

        TorchCase read() {
            String name = json.get("loss").asText();
            return switch (name) {
                case "CrossEntropyLoss" ->
                    classes(new LossCrossEntropy(
                            list("weight"), json.at("/params/ignore_index").asInt(), number("label_smoothing")));
                case "NLLLoss" ->
                    classes(new LossNll(
                            list("weight"), json.at("/params/ignore_index").asInt()));
                case "BCELoss" -> weighted(reduction -> new LossBce(rowWeights(), reduction));
                case "BCEWithLogitsLoss" ->
                    weighted(reduction -> new LossBceWithLogits(rowWeights(), list("pos_weight"), reduction));
                case "L1Loss" -> elements(new LossMAE(), new LossL1());
                case "MSELoss" -> elements(new LossMSE(), new LossL2());
                case "SmoothL1Loss" -> weighted(reduction -> new LossSmoothL1(number("beta"), reduction));
                case "HuberLoss" -> weighted(reduction -> new LossHuber(number("delta"), reduction));
                case "SoftMarginLoss" -> weighted(LossSoftMargin::new);
                case "PoissonNLLLoss" ->
                    weighted(
                            reduction -> new LossPoissonNll(flag("log_input"), flag("full"), number("eps"), reduction));
                case "GaussianNLLLoss" -> gaussian();
                case "KLDivLoss" -> weighted(reduction -> new LossKlDiv(flag("log_target"), reduction));
                case "HingeEmbeddingLoss" -> weighted(reduction -> new LossHingeEmbedding(number("margin"), reduction));
                case "MarginRankingLoss" -> ranking(new LossMarginRanking(number("margin")));
                case "CosineEmbeddingLoss" ->
                    vectors(new LossCosineEmbedding(number("margin")), column(tensor("target")), "input1", "input2");
                case "TripletMarginLoss" ->
                    vectors(
                            new LossTripletMargin(number("margin"), number("p"), number("eps"), flag("swap")),
                            Nd4j.zeros(DataType.DOUBLE, tensor("anchor").size(0), 1),
                            "anchor",
                            "positive",
                            "negative");
                case "MultiLabelMarginLoss" -> same(new LossMultiLabelMargin(), tensor("target"));
                case "MultiLabelSoftMarginLoss" -> same(new LossMultiLabelSoftMargin(list("weight")), tensor("target"));
                case "MultiMarginLoss" ->
                    same(
                            new LossMultiMargin(json.at("/params/p").asInt(), number("margin"), list("weight")),
                            column(tensor("target")));
                case "CTCLoss" -> ctc();
                default -> throw new IllegalStateException(name);
            };
        }

        private INDArray tensor(String input) {
            return Reference.tensor(json.at("/inputs/" + input));
        }

        private double number(String parameter) {
            return json.at("/params/" + parameter).asDouble();
        }

        private boolean flag(String parameter) {
            return json.at("/params/" + parameter).asBoolean();
        }

        private List<Double> list(String parameter) {
            JsonNode tensor = json.at("/params/" + parameter);
            return tensor.isNull()
                    ? List.of()
                    : Weights.listed(Reference.tensor(tensor).toDoubleVector());
        }

        private boolean hasRowWeights() {
            JsonNode weight = json.at("/params/weight");
            return weight.has("shape") && weight.get("shape").size() == 1;
        }

        private List<Double> rowWeights() {
            return hasRowWeights() ? list("weight") : List.of();
        }

        /** One row for each position, and the classes along the row. */
        private TorchCase classes(ILossFunction loss) {
            INDArray input = tensor("input");
            INDArray target = tensor("target");
            boolean indices = target.rank() < input.rank();
            Function<INDArray, INDArray> layout =
                    array -> array.rank() == input.rank() ? classesLast(array) : column(array);
            return new TorchCase(
                    json, loss, loss, indices ? column(target) : classesLast(target), classesLast(input), null, layout);
        }

        private static INDArray classesLast(INDArray array) {
            int[] order = new int[array.rank()];
            for (int i = 1; i < order.length - 1; i++) {
                order[i] = i + 1;
            }
            order[order.length - 1] = 1;
            return array.permute(order).dup('c').reshape('c', array.length() / array.size(1), array.size(1));
        }

        private TorchCase weighted(Function<Reduction, ILossFunction> loss) {
            return elements(loss.apply(Reduction.MEAN), loss.apply(Reduction.SUM));
        }

        private TorchCase elements(ILossFunction mean, ILossFunction sum) {
            JsonNode weight = json.at("/params/weight");
            INDArray mask = weight.has("shape") && !hasRowWeights() ? Reference.tensor(weight) : null;
            return new TorchCase(json, mean, sum, flat(tensor("target")), flat(tensor("input")), mask, Reader::flat);
        }

        private TorchCase gaussian() {
            INDArray means = tensor("input");
            INDArray variances = tensor("var").broadcast(means.shape());
            Function<Reduction, ILossFunction> loss =
                    reduction -> new LossGaussianNll(flag("full"), number("eps"), reduction);
            return new TorchCase(
                    json,
                    loss.apply(Reduction.MEAN),
                    loss.apply(Reduction.SUM),
                    tensor("target"),
                    Nd4j.concat(1, means, variances),
                    null,
                    Function.identity());
        }

        private TorchCase ranking(ILossFunction loss) {
            INDArray output = Nd4j.concat(1, column(tensor("input1")), column(tensor("input2")));
            return new TorchCase(json, loss, loss, column(tensor("target")), output, null, Reader::column);
        }

        private TorchCase vectors(ILossFunction loss, INDArray labels, String... inputs) {
            INDArray output = Nd4j.concat(1, Stream.of(inputs).map(this::tensor).toArray(INDArray[]::new));
            return new TorchCase(json, loss, loss, labels, output, null, Reader::flat);
        }

        private TorchCase same(ILossFunction loss, INDArray labels) {
            return new TorchCase(json, loss, loss, labels, tensor("input"), null, Reader::flat);
        }

        /** Time steps of all examples, one after the other, as DL4J's recurrent output layers arrange them. */
        private TorchCase ctc() {
            INDArray logits = tensor("logits");
            int steps = (int) logits.size(0);
            int examples = (int) logits.size(1);
            int[] lengths = tensor("input_lengths").toIntVector();
            int[][] targets = new int[examples][];
            INDArray mask = Nd4j.zeros(DataType.DOUBLE, steps, examples);
            for (int i = 0; i < examples; i++) {
                targets[i] = new int[tensor("target_lengths").getInt(i)];
                for (int j = 0; j < targets[i].length; j++) {
                    targets[i][j] = tensor("targets").getInt(i, j);
                }
                for (int t = 0; t < lengths[i]; t++) {
                    mask.putScalar(t, i, 1);
                }
            }
            INDArray labels = LossCtc.labels(targets, steps);
            LossCtc loss =
                    new LossCtc().withBlank(json.at("/params/blank").asInt()).withZeroInfinity(flag("zero_infinity"));
            return new TorchCase(
                    json,
                    loss,
                    loss.withReduction(Reduction.SUM),
                    labels.permute(2, 0, 1).dup('c').reshape('c', (long) steps * examples, labels.size(1)),
                    logits.reshape('c', (long) steps * examples, logits.size(2)),
                    column(mask),
                    array -> array.rank() == 3
                            ? array.reshape('c', (long) steps * examples, array.size(2))
                            : column(array));
        }

        private static INDArray flat(INDArray array) {
            return array.rank() == 1
                    ? column(array)
                    : array.reshape('c', array.size(0), array.length() / array.size(0));
        }

        private static INDArray column(INDArray array) {
            return array.reshape('c', array.length(), 1);
        }
    }
}
