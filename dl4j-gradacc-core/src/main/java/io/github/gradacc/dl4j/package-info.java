/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Everything the library knows of DL4J's networks and layers, each fact once: both network classes behind one type
 * ({@link io.github.gradacc.dl4j.Network}), the view of a layer ({@link io.github.gradacc.dl4j.LayerView}), forward and
 * backward propagation step by step ({@link io.github.gradacc.dl4j.Propagation}), replicas, and one table of layer
 * classes that says how each accumulates and how its weights lie ({@link io.github.gradacc.dl4j.LayerTable}).
 *
 * <p>May import DL4J and nothing of this library.
 */
@NullMarked
package io.github.gradacc.dl4j;

import org.jspecify.annotations.NullMarked;
