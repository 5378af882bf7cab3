/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.nio.file.Path;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.nd4j.linalg.factory.Nd4j;

/** A training that somebody in its own process ends by {@code System.exit} after the eighth step. */
final class ExitingChild {

    static final Job JOB = Job.DROPOUT;
    static final int EPOCHS = 150;
    static final int STATUS = 7;
    static final String EXITING = "exiting";

    private static final int EXIT_ITERATION = 7;

    /** Who ends the process. */
    enum Where {
        /** There is a checkpoint before. */
        LISTENER(5),
        /** There is none but for the one that the exit leads to. */
        ANOTHER_THREAD(1_000_000);

        private final int everySteps;

        Where(int everySteps) {
            this.everySteps = everySteps;
        }

        CheckpointedTraining training(Path directory) {
            return CheckpointedTraining.in(directory).everySteps(everySteps);
        }
    }

    private ExitingChild() {}

    /** @param args who ends it, and the directory of the checkpoints */
    public static void main(String[] args) {
        Where where = Where.valueOf(args[0]);
        Nd4j.getRandom().setSeed(99);
        where.training(Path.of(args[1])).fit(() -> network(where), JOB.settings(), JOB.data(true), EPOCHS);
    }

    private static MultiLayerNetwork network(Where where) {
        MultiLayerNetwork network = JOB.network();
        network.setListeners(new BaseTrainingListener() {
            @Override
            public void iterationDone(Model model, int iteration, int epoch) {
                if (iteration == EXIT_ITERATION) {
                    System.out.println(EXITING);
                    exit(where);
                }
            }
        });
        return network;
    }

    private static void exit(Where where) {
        if (where == Where.LISTENER) {
            System.exit(STATUS);
        }
        new Thread(() -> System.exit(STATUS)).start();
    }
}
