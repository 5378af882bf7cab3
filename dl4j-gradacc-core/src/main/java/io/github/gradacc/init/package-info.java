/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Weight initializers: the set of {@code torch.nn.init} for DL4J.
 *
 * <p>Every initializer is a record with value equality that is given to a layer's builder,
 * {@code new DenseLayer.Builder().weightInit(new KaimingNormal(FanMode.FAN_IN, Gain.calculate("relu")))}, and is stored
 * in the configuration's JSON under its class name: names of this package are a file format.
 *
 * <p>Fans come from the shape of the tensor ({@link io.github.gradacc.init.Fans}), not from the two numbers that DL4J
 * passes along. Layers whose weights have a shape that means something else in other layers need a
 * {@link io.github.gradacc.init.Layout}. {@link io.github.gradacc.init.NetworkInitializer} re-initializes built
 * networks and knows the layouts of their layers.
 *
 * <p>Random values come from a generator that is seeded, for every tensor, by ND4J's: the seed of a network reproduces
 * them, on any backend. Values are drawn in double precision and rounded once, to the type of the parameters.
 *
 * <p>May import DL4J, and of this library {@code dl4j} and {@code array}.
 */
@NullMarked
package io.github.gradacc.init;

import org.jspecify.annotations.NullMarked;
