/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Updaters with the meaning they have in {@code torch.optim}, and learning-rate schedules that count optimizer steps,
 * for any network of DL4J.
 *
 * <p>Every updater is a record with value equality that is given to a configuration's builder,
 * {@code builder.updater(new SgdMomentum(0.1).withMomentum(0.9))}, or to a layer's, and is stored in the
 * configuration's JSON under its class name: names of this package are a file format. {@code new X()} has torch's
 * defaults, {@code new X(rate)} another learning rate, a number or a schedule of DL4J's, and {@code withX(...)} returns
 * a copy with another argument. The one thing that changes in an updater is its {@link
 * io.github.gradacc.updater.LearningRate}, when DL4J's {@code network.setLearningRate} asks for it.
 *
 * <p><b>State</b> lies in the network's updater state array, and is saved and restored with it; nothing else is
 * remembered from one step to the next. A step count is DL4J's iteration counter plus one, as for DL4J's Adam: who sets
 * the counter back, starts bias corrections and averages anew.
 *
 * <p><b>Arrays.</b> An updater turns the gradient into the update, in place; DL4J subtracts it from the parameters.
 * FLOAT and DOUBLE are computed in their own type, all others in FLOAT.
 *
 * <p><b>Weight decay</b> is DL4J's: {@code l2} is added to the gradient before the updater sees it, which is {@code
 * weight_decay} of torch's optimizers except AdamW and Lion; {@code WeightDecay} is added to the update, times the
 * learning rate, which is theirs.
 *
 * <p>Updaters and schedules are safe for use by several threads. May import DL4J and ND4J, and nothing of this library.
 */
@NullMarked
package io.github.gradacc.updater;

import org.jspecify.annotations.NullMarked;
