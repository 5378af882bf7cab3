/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.nio.file.Path;

/** One job in a process of its own, which is saved only if somebody asks it to end. */
final class StoppedChild {

    private StoppedChild() {}

    /** @param args the job, the directory of the checkpoints, and the number of epochs */
    public static void main(String[] args) {
        Job job = Job.valueOf(args[0]);
        job.network();
        System.out.println(KilledChild.READY);
        job.fit(
                CheckpointedTraining.in(Path.of(args[1])).everySteps(1_000_000),
                job.data(true),
                Integer.parseInt(args[2]));
    }
}
