/* SPDX-License-Identifier: Apache-2.0 */
/**
 * A training on a cluster, as a program to submit.
 */
@NullMarked
package io.github.gradacc.spark.examples;

import org.jspecify.annotations.NullMarked;
