/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import io.github.gradacc.train.ShareFailure;
import io.github.gradacc.train.ShareInference;
import io.github.gradacc.train.ShareScore;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** Sums the loss. */
final class ScoreGauge implements Measure.Gauge<ShareScore> {

    private static final long serialVersionUID = 1L;

    @Override
    public ShareScore start() {
        return ShareScore.NONE;
    }

    @Override
    public Optional<ShareFailure> add(
            ShareInference network,
            int partition,
            int position,
            @Nullable MultiDataSet batch,
            Measure.Result<ShareScore> result) {
        return network.score(
                partition, position, batch, next -> result.set(result.value().plus(next)));
    }

    @Override
    public ShareScore merge(ShareScore first, ShareScore next) {
        return first.plus(next);
    }
}
