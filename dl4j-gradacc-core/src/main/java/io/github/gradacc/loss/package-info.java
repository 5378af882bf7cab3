/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Loss functions with the meaning they have in PyTorch, for any output layer of DL4J.
 *
 * <p>Every loss is a record with value equality that is given to a layer's builder,
 * {@code new OutputLayer.Builder(new LossCrossEntropy())}, and is stored in the configuration's JSON under its class
 * name: names of this package are a file format. {@code new LossX()} has torch's defaults, and {@code withX(...)}
 * returns a copy with another argument.
 *
 * <p><b>Mean or sum.</b> A loss here scores one example. DL4J adds the scores of a batch and divides by the number of
 * its examples; each class says by which number an example's terms are divided before that, and what the result is in
 * torch. Sequences and images: DL4J shows a loss one row for each time step or pixel, and adds their scores.
 *
 * <p><b>Arrays.</b> Output and labels have one row for each example, time step or pixel; neither they nor the mask are
 * changed, and what is returned is new. Values are computed in the type of the output, HALF in FLOAT, and gradients are
 * those with respect to the output before the layer's activation function. A row of output that is not finite has the
 * score and the gradient NaN.
 *
 * <p><b>Masks</b> of zeros and ones have one column, or one for each term; terms are multiplied by them, and labels are
 * not checked where they are 0. A mask does not serve as a weight: DL4J's output layers multiply the output before the
 * activation function by it as well.
 *
 * <p>All losses are safe for use by several threads. May import ND4J, and of this library {@code array}.
 */
@NullMarked
package io.github.gradacc.loss;

import org.jspecify.annotations.NullMarked;
