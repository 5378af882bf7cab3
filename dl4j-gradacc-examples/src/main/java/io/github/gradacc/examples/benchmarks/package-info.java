/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Measures what accumulation costs and saves, in time and memory: programs that print Markdown tables. They may
 * use JMH and everything public; nothing else uses them.
 */
@NullMarked
package io.github.gradacc.examples.benchmarks;

import org.jspecify.annotations.NullMarked;
