/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import org.apiguardian.api.API;

/**
 * A window whose shares are to be computed.
 *
 * @param count what was counted of all its batches
 * @param task what is told to those who compute the shares
 * @param factor by which the sum of the shares is multiplied
 * @param countsNothing whether no label counts, so that there is no mean loss and no step
 */
@API(status = API.Status.INTERNAL)
public record SharedWindow(ShareCount count, ShareTask task, double factor, boolean countsNothing) {}
