/* SPDX-License-Identifier: Apache-2.0 */
/**
 * The step of the big batch over an RDD of Apache Spark. The driver holds network, updater and listeners; each
 * partition sums the gradients of its share with the core's own passes; the sums are added in the order of the
 * partitions; the driver takes one step.
 *
 * <p>What Spark moves is bytes: whatever serializer it is set to, it need not know ND4J's arrays or this package.
 */
@NullMarked
package io.github.gradacc.spark;

import org.jspecify.annotations.NullMarked;
