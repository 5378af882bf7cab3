/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Some jobs, one after the other, in a process of their own: a program that is killed and simply run again. */
final class KilledChild {

    static final String READY = "ready";

    private KilledChild() {}

    /** @param args the directory of the checkpoints, the file for the outcomes, the number of epochs, and the jobs */
    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        int epochs = Integer.parseInt(args[2]);
        Job.DROPOUT.network();
        System.out.println(READY);
        List<String> lines = Arrays.stream(args[3].split(","))
                .map(Job::valueOf)
                .map(job -> Outcome.of(job.fit(training(directory, job), job.data(true), epochs)))
                .map(Outcome::line)
                .toList();
        Files.write(Path.of(args[1]), lines);
    }

    private static CheckpointedTraining training(Path directory, Job job) {
        return CheckpointedTraining.in(directory.resolve(job.name()))
                .everySteps(2)
                .keepLast(2);
    }
}
