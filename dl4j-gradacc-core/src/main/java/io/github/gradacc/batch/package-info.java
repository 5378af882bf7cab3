/* SPDX-License-Identifier: Apache-2.0 */
/**
 * How data becomes windows: reading batches from iterators, checking them, cutting them into micro-batches and time
 * segments, and putting a window together again for those who want to see it whole.
 *
 * <p>{@code MultiDataSet} is the one currency; a {@code DataSet} is wrapped without copying. May import ND4J's data
 * sets and {@code array}, and nothing else of this library.
 */
@NullMarked
package io.github.gradacc.batch;

import org.jspecify.annotations.NullMarked;
