/* SPDX-License-Identifier: Apache-2.0 */
/**
 * Whole networks as people build them: models of DL4J's zoo, and configurations in the manner of its examples and
 * tests. They find what tests of one layer at a time cannot: how layers meet.
 */
package io.github.gradacc.networks;
