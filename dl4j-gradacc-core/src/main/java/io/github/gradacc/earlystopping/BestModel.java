/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.earlystopping;

import java.io.IOException;
import org.deeplearning4j.earlystopping.EarlyStoppingModelSaver;
import org.deeplearning4j.nn.api.Model;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The epoch with the best score so far, and its model in the hands of the saver. */
final class BestModel<T extends Model> {

    private static final Logger log = LoggerFactory.getLogger(BestModel.class);
    private static final int NONE = -1;

    private final boolean minimize;
    private int epoch = NONE;
    private double score;

    /**
     * Starts without a model.
     *
     * @param minimize whether small scores are good
     */
    BestModel(boolean minimize) {
        this.minimize = minimize;
        score = minimize ? Double.MAX_VALUE : -Double.MAX_VALUE;
    }

    /**
     * Saves the model if its score is better than all before; of equal ones the first stays. A first score that is not
     * finite counts as the best, and nothing is better than NaN, as in DL4J.
     */
    void offer(T model, int epochOfModel, double scoreOfModel, EarlyStoppingModelSaver<T> saver) throws IOException {
        boolean finite = Double.isFinite(scoreOfModel);
        if (!finite) {
            log.warn("The score of epoch {} is not finite: {}", epochOfModel, scoreOfModel);
        }
        boolean better = minimize ? scoreOfModel < score : scoreOfModel > score;
        if (better || (epoch == NONE && !finite)) {
            log.info("Epoch {} is the best so far, with score {} after {}", epochOfModel, scoreOfModel, score);
            score = scoreOfModel;
            epoch = epochOfModel;
            saver.saveBestModel(model, scoreOfModel);
        }
    }

    /** Tells whether a model was saved. */
    boolean exists() {
        return epoch != NONE;
    }

    /** Returns the number of the epoch, from 0, or -1 if no model was saved. */
    int epoch() {
        return epoch;
    }

    /** Returns the score that the calculator gave to the model, or NaN if none was saved. */
    double score() {
        return exists() ? score : Double.NaN;
    }

    /** Fetches the model from its saver, or null if none was saved: what a saver keeps from another run is not ours. */
    @Nullable
    T load(EarlyStoppingModelSaver<T> saver) throws IOException {
        return exists() ? saver.getBestModel() : null;
    }
}
