/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.random;

import io.github.gradacc.random.Examples.Masks;
import io.github.gradacc.random.Hidden.Stage;
import io.github.gradacc.train.PartialWindow;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.conf.GradientNormalization;

/** Random plans, of what DL4J can train and accumulation equals: the same seed gives the same plan. */
final class Plans {

    private static final int MOST_STEPS = 6;

    private final long seed;
    private final Random random;

    private Plans(long seed) {
        this.seed = seed;
        // Java's generator begins alike for seeds that are close.
        this.random = new Random(seed * 0x9E3779B97F4A7C15L);
    }

    static Plan of(long seed) {
        return new Plans(seed).plan();
    }

    private Plan plan() {
        Architecture network = architecture();
        Examples examples = examples(network);
        Cut cut = cut(network, examples);
        return new Plan(seed, network, rules(network), examples, cut);
    }

    private Architecture architecture() {
        Source source = any(Source.values());
        List<Hidden> hidden = new ArrayList<>();
        Stage stage = Stage.of(source);
        boolean normalized = chance(8);
        if (normalized && (stage == Stage.ROW || stage == Stage.IMAGE)) {
            hidden.add(stage == Stage.ROW ? Hidden.BATCH_NORM : Hidden.BATCH_NORM_IMAGE);
        }
        int layers = 1 + random.nextInt(4);
        while (hidden.size() < layers || !(stage == Stage.ROW || stage == Stage.SEQUENCE)) {
            Stage now = stage;
            boolean narrowing = hidden.size() >= layers;
            Hidden next = any(Arrays.stream(Hidden.values())
                    .filter(it -> it.from() == now && !it.normalizesBatch())
                    .filter(it -> !narrowing || it.to() != now)
                    .toArray(Hidden[]::new));
            // Native training with dropout can be compared for uncut windows only: not more often than that.
            if (next != Hidden.DROPOUT || chance(3)) {
                hidden.add(next);
                stage = next.to();
            }
            if (next.poolsAll()) {
                hidden.add(Hidden.DENSE);
            }
        }
        boolean graph = random.nextBoolean();
        Architecture row = new Architecture(graph, false, false, source, List.copyOf(hidden), any(Target.values()));
        boolean skip = graph && row.skipped() >= 0 && random.nextBoolean();
        return new Architecture(graph, skip, graph && chance(3), source, row.hidden(), row.target());
    }

    /** Normalizing the gradients of a layer includes the running statistics of batch normalization. */
    private Rules rules(Architecture network) {
        GradientNormalization clipping = chance(2) || network.normalizesBatch()
                ? GradientNormalization.None
                : any(GradientNormalization.values());
        boolean miniBatch = !chance(8);
        return new Rules(any(Rule.values()), any(Rules.Penalty.values()), clipping, miniBatch);
    }

    private Examples examples(Architecture network) {
        boolean sequences = network.source().isSequence();
        Masks masks = masks(network, sequences);
        // DL4J fails on the variance of one example alone, and on masks of one element.
        int smallest = network.normalizesBatch() ? 4 : masks == Masks.NONE ? 1 : 2;
        List<Integer> sizes = IntStream.range(0, 1 + random.nextInt(6))
                .mapToObj(i -> smallest + random.nextInt(6))
                .toList();
        int steps = 2 + random.nextInt(MOST_STEPS - 1);
        boolean inOneDirection = network.hidden().stream().noneMatch(Hidden::readsAllOfTime);
        boolean segments = network.isPerStep()
                && network.source() == Source.SEQUENCE
                && network.hidden().stream().allMatch(Hidden::isRecurrent)
                && chance(2);
        boolean lengthsDiffer = network.source() == Source.SEQUENCE && inOneDirection && !segments && chance(3);
        return new Examples(sizes, steps, lengthsDiffer, masks, segments ? 1 + random.nextInt(steps) : 0);
    }

    private Masks masks(Architecture network, boolean sequences) {
        if (random.nextBoolean()) {
            return Masks.NONE;
        }
        if (!sequences) {
            return Masks.LABELS;
        }
        return network.isPerStep() ? any(Masks.values()) : Masks.FEATURES;
    }

    private Cut cut(Architecture network, Examples examples) {
        int epochs = 1 + random.nextInt(3);
        int workers = 1 + random.nextInt(3);
        if (network.has(Hidden.DROPOUT)) {
            return new Cut(1, 0, PartialWindow.STEP, epochs, workers);
        }
        // Dropped and carried windows leave epochs without a step, which native training cannot have.
        int k = 1 + random.nextInt(Math.min(4, examples.sizes().size()));
        int microBatch = chance(3) ? 0 : (network.normalizesBatch() ? 3 : 1) + random.nextInt(4);
        return new Cut(k, microBatch, any(PartialWindow.values()), epochs, workers);
    }

    private boolean chance(int oneIn) {
        return random.nextInt(oneIn) == 0;
    }

    @SafeVarargs
    private <T> T any(T... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
