/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import io.github.gradacc.grad.LeftOut;
import io.github.gradacc.grad.SumState;
import io.github.gradacc.grad.SummandNorm;
import io.github.gradacc.pass.WindowActivations;
import io.github.gradacc.store.NumbersIn;
import io.github.gradacc.store.NumbersOut;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.MultiDataSet;

/** An open window as numbers, one after the other. What is written last is read last. */
final class WindowFormat {

    private WindowFormat() {}

    static void write(WindowState state, NumbersOut out) throws IOException {
        write(state.window(), out);
        write(state.sum(), out);
        out.all(state.activations(), part -> write(part, out));
        out.flush();
    }

    static WindowState read(NumbersIn in) throws IOException {
        return new WindowState(readWindow(in), readSum(in), in.all(() -> readActivations(in)));
    }

    private static void write(OpenWindow window, NumbersOut out) throws IOException {
        out.number((long) window.size());
        out.number((long) window.batches());
        out.number((long) window.passesMade());
        out.flag(window.keepsData());
        out.flag(window.ownRandomStreams());
        out.all(window.waiting(), piece -> write(piece, out));
        out.number((long) window.batchesWaiting());
        out.all(window.data(), batch -> write(batch, out));
        // Most often it is the last of those before, but it may be the caller's own.
        out.all(window.last().stream().toList(), batch -> write(batch, out));
        out.all(window.divisors(), part -> {
            out.number((long) part.position());
            out.number(part.examples());
            out.all(part.counts(), out::numbers);
        });
        out.number(window.examples());
        out.all(window.cuts(), pieces -> out.all(pieces, piece -> write(piece, out)));
        out.all(window.leftOut(), part -> {
            out.number((long) part.microBatch());
            out.number((long) part.examples());
            out.number(part.score());
        });
        out.number((long) window.toldOf());
        out.all(window.spoiledBy().stream().toList(), skip -> write(skip, out));
    }

    private static OpenWindow readWindow(NumbersIn in) throws IOException {
        return new OpenWindow(
                in.smallNumber(),
                in.smallNumber(),
                in.smallNumber(),
                in.flag(),
                in.flag(),
                in.all(() -> readPiece(in)),
                in.smallNumber(),
                in.all(() -> readBatch(in)),
                readLast(in),
                in.all(() -> new WindowDivisors.Part(in.smallNumber(), in.wholeNumber(), in.all(in::numbers))),
                in.wholeNumber(),
                in.all(() -> in.all(() -> readPiece(in))),
                in.all(() -> new LeftOut(in.smallNumber(), in.smallNumber(), in.number())),
                in.smallNumber(),
                in.all(() -> readSkip(in)).stream().findFirst());
    }

    private static void write(Piece piece, NumbersOut out) throws IOException {
        out.number((long) piece.batch());
        out.number((long) piece.from());
        out.number((long) piece.to());
    }

    private static Piece readPiece(NumbersIn in) throws IOException {
        return new Piece(in.smallNumber(), in.smallNumber(), in.smallNumber());
    }

    /** Only what was not finite gives up a window that is open. */
    private static void write(SkippedStep skip, NumbersOut out) throws IOException {
        NonFiniteGradientException bad = skip.bad().orElseThrow();
        out.name(skip.reason().name());
        out.number((long) bad.iteration());
        out.number((long) bad.microBatch());
        out.number(bad.score());
        out.name(String.valueOf(bad.getMessage()));
    }

    private static SkippedStep readSkip(NumbersIn in) throws IOException {
        return SkippedStep.notFinite(
                SkippedWindow.Reason.valueOf(in.name()),
                new NonFiniteGradientException(in.smallNumber(), in.smallNumber(), in.number(), in.name()));
    }

    private static Optional<MultiDataSet> readLast(NumbersIn in) throws IOException {
        return in.all(() -> readBatch(in)).stream().findFirst();
    }

    private static void write(MultiDataSet batch, NumbersOut out) throws IOException {
        out.arrays(batch.getFeatures());
        out.arrays(batch.getLabels());
        out.arrays(batch.getFeaturesMaskArrays());
        out.arrays(batch.getLabelsMaskArrays());
    }

    /** Masks may be missing, and DL4J's constructor has no annotations that say so. */
    @SuppressWarnings("NullAway")
    private static MultiDataSet readBatch(NumbersIn in) throws IOException {
        return new org.nd4j.linalg.dataset.MultiDataSet(in.arrays(), in.arrays(), in.arrays(), in.arrays());
    }

    private static void write(SumState sum, NumbersOut out) throws IOException {
        out.array(sum.sum());
        out.all(sum.pools(), pool -> out.all(pool, out::numbers));
        out.all(sum.norms(), norm -> {
            out.number((long) norm.examples());
            out.number(norm.norm());
        });
        out.number(sum.bound());
        out.number(sum.examples());
        out.number((long) sum.microBatches());
        out.number(sum.meanScore());
        out.number(sum.summedScore());
    }

    private static SumState readSum(NumbersIn in) throws IOException {
        return new SumState(
                in.array(),
                in.all(() -> in.all(in::numbers)),
                in.all(() -> new SummandNorm(in.smallNumber(), in.number())),
                in.number(),
                in.wholeNumber(),
                in.smallNumber(),
                in.number(),
                in.number());
    }

    private static void write(WindowActivations part, NumbersOut out) throws IOException {
        out.number(part.examples());
        out.all(part.activations().entrySet(), layer -> {
            out.name(layer.getKey());
            out.array(layer.getValue());
        });
    }

    @SuppressWarnings("NullAway")
    private static WindowActivations readActivations(NumbersIn in) throws IOException {
        long examples = in.wholeNumber();
        Map<String, INDArray> activations = new LinkedHashMap<>();
        List<String> names = in.all(() -> {
            String name = in.name();
            activations.put(name, in.array());
            return name;
        });
        if (names.size() != activations.size()) {
            throw new IOException("A name occurs twice in " + names);
        }
        return new WindowActivations(examples, activations);
    }
}
