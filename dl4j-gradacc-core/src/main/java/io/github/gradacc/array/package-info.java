/* SPDX-License-Identifier: Apache-2.0 */
/**
 * ND4J arrays with ND4J's traps closed: copies into earlier memory, slices, joining, chunked reads and the check for
 * NaN and infinity. What ND4J 1.0.0-M2.1 gets wrong is pinned by {@code Nd4jFactsTest}.
 *
 * <p>May import ND4J and nothing of this library.
 */
@NullMarked
package io.github.gradacc.array;

import org.jspecify.annotations.NullMarked;
