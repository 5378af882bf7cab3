/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.Serializable;
import java.util.List;

/**
 * What one partition adds to a window.
 *
 * @param from its first batch, a position in the partition
 * @param to one past its last batch
 * @param firstMicroBatch position in the window of its first micro-batch
 * @param prints of these batches
 */
record Part(int from, int to, int firstMicroBatch, List<Long> prints) implements Serializable {}
