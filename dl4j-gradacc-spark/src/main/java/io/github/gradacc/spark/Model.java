/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.array.RawArray;
import io.github.gradacc.pass.NetworkBlueprint;
import io.github.gradacc.train.ShareSettings;
import java.io.Serializable;

/**
 * What is broadcast before a step.
 *
 * @param trainer names the trainer: workers that were made for it serve it again
 * @param blueprint the network's configuration
 * @param parameters where the network is, shape [1, all parameters]
 * @param settings how shares are computed
 */
record Model(String trainer, NetworkBlueprint blueprint, RawArray parameters, ShareSettings settings)
        implements Serializable {}
