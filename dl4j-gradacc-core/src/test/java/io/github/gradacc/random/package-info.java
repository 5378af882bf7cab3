/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Random networks, trained by accumulation and natively: what the chosen cases of the other tests have in common may be
 * what they overlook. A {@link io.github.gradacc.random.Plan} says what is trained and how, and can be made smaller; a
 * {@link io.github.gradacc.random.Trial} trains it both ways; {@link io.github.gradacc.random.Shrinker} makes a plan
 * that fails as small as it can be.
 */
package io.github.gradacc.random;
