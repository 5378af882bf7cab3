/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.SumState;
import java.util.Optional;
import org.apiguardian.api.API;

/**
 * A share, or why there is none.
 *
 * @param sum the gradients of the share and what was counted with them; its array belongs to the worker, good until the
 *     next share. Of no use after a failure
 * @param failure what ended the share, if anything
 */
@API(status = API.Status.INTERNAL)
public record ShareOutcome(SumState sum, Optional<ShareFailure> failure) {}
