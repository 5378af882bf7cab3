/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Files that survive: written beside and renamed, sealed with a checksum, and numbers, arrays and tables in them. Knows
 * nothing of training.
 *
 * <p>May import ND4J, opencsv, which comes with DL4J, and nothing of this library.
 */
@NullMarked
package io.github.gradacc.store;

import org.jspecify.annotations.NullMarked;
