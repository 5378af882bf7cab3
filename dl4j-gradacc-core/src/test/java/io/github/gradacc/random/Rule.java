/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.updater.AdaBelief;
import io.github.gradacc.updater.AdagradTorch;
import io.github.gradacc.updater.AdamTorch;
import io.github.gradacc.updater.AveragedSgd;
import io.github.gradacc.updater.CosineWarmUp;
import io.github.gradacc.updater.Lion;
import io.github.gradacc.updater.RAdam;
import io.github.gradacc.updater.RmsPropTorch;
import io.github.gradacc.updater.Rprop;
import io.github.gradacc.updater.SgdMomentum;
import java.util.function.Supplier;
import org.nd4j.linalg.learning.config.AMSGrad;
import org.nd4j.linalg.learning.config.AdaDelta;
import org.nd4j.linalg.learning.config.AdaGrad;
import org.nd4j.linalg.learning.config.AdaMax;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nadam;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.RmsProp;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;
import org.nd4j.linalg.schedule.StepSchedule;

/** An updater, with small rates: no random network may diverge. */
@SuppressWarnings("ImmutableEnumChecker") // functions without a state
enum Rule {
    SGD(() -> new Sgd(0.05)),
    SGD_BY_STEP(() -> new Sgd(new ExponentialSchedule(ScheduleType.ITERATION, 0.1, 0.8))),
    SGD_BY_EPOCH(() -> new Sgd(new StepSchedule(ScheduleType.EPOCH, 0.1, 0.5, 1))),
    NESTEROVS(() -> new Nesterovs(0.05, 0.9)),
    ADAM(() -> new Adam(0.01)),
    AMSGRAD(() -> new AMSGrad(0.01)),
    ADAMAX(() -> new AdaMax(0.01)),
    NADAM(() -> new Nadam(0.01)),
    RMSPROP(() -> new RmsProp(0.01)),
    ADAGRAD(() -> new AdaGrad(0.05)),
    ADADELTA(AdaDelta::new),
    MOMENTUM(() -> new SgdMomentum(0.05).withMomentum(0.9).withDampening(0.5)),
    MOMENTUM_WARM(() -> new SgdMomentum(new CosineWarmUp(0.1, 3, 0)).withMomentum(0.8)),
    ADAM_TORCH(() -> new AdamTorch(0.01).withAmsgrad(true)),
    RMSPROP_TORCH(() -> new RmsPropTorch(0.005).withEps(1e-3).withMomentum(0.5).withCentered(true)),
    ADAGRAD_TORCH(() -> new AdagradTorch(0.05).withLrDecay(0.1)),
    RPROP(() -> new Rprop(0.02)),
    AVERAGED(() -> new AveragedSgd(0.05).withT0(2)),
    RADAM(() -> new RAdam(0.02)),
    LION(() -> new Lion(0.005)),
    ADABELIEF(() -> new AdaBelief(0.01));

    private final Supplier<IUpdater> updater;

    Rule(Supplier<IUpdater> updater) {
        this.updater = updater;
    }

    IUpdater updater() {
        return updater.get();
    }
}
