/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** What a report means, in sentences. The rules are those of {@link SignalReport#diagnosis}. */
final class SignalDiagnosis {

    /** How many times the first standard deviation is too much; its inverse is too little. */
    static final double FOLD = 1000;

    /** The share of zeros from which activations count as dead. */
    static final double DEAD_SHARE = 0.99;

    /** One place on the signal's way. */
    private record Stop(String layer, boolean output, Signal signal) {

        boolean isDead(double deadShare) {
            boolean constant = signal.std() == 0 && signal.count() > 1;
            return signal.nonFinite() == 0 && (constant || signal.zeroShare() >= deadShare);
        }
    }

    private final String what;
    private final double deadShare;
    private final List<Stop> stops;
    private final List<String> sentences = new ArrayList<>();

    private SignalDiagnosis(String what, double deadShare, List<Stop> stops) {
        this.what = what;
        this.deadShare = deadShare;
        this.stops = stops;
    }

    static String of(List<SignalLayer> layers) {
        List<Stop> forward = new ArrayList<>();
        List<Stop> backward = new ArrayList<>();
        for (SignalLayer layer : layers) {
            forward.add(new Stop(layer.name(), layer.output(), layer.activations()));
            Signal gradients = layer.gradients();
            if (gradients != null) {
                backward.add(new Stop(layer.name(), layer.output(), gradients));
            }
        }
        Collections.reverse(backward);
        List<String> sentences = new ArrayList<>();
        // Few examples reach a row of an embedding: gradients are dead only where all are zero.
        sentences.addAll(new SignalDiagnosis("activations", DEAD_SHARE, forward).sentences());
        sentences.addAll(new SignalDiagnosis("gradients", 1, backward).sentences());
        return String.join(System.lineSeparator(), sentences);
    }

    private List<String> sentences() {
        if (stops.isEmpty()) {
            return sentences;
        }
        Optional<Stop> broken =
                stops.stream().filter(stop -> stop.signal().nonFinite() > 0).findFirst();
        List<Stop> path = finitePath();
        scale(path);
        path.stream().filter(stop -> stop.isDead(deadShare)).findFirst().ifPresent(this::died);
        broken.ifPresent(this::stoppedBeingFinite);
        if (sentences.isEmpty()) {
            alive(path);
        }
        return sentences;
    }

    /** The hidden layers up to the first with an element that is not finite. */
    private List<Stop> finitePath() {
        return stops.stream()
                .takeWhile(stop -> stop.signal().nonFinite() == 0)
                .filter(stop -> !stop.output())
                .toList();
    }

    private void scale(List<Stop> path) {
        List<Stop> moving =
                path.stream().filter(stop -> stop.signal().std() > 0).toList();
        if (moving.isEmpty()) {
            return;
        }
        double first = moving.get(0).signal().std();
        drifted(
                path,
                moving,
                "explode",
                "grows",
                "above 1000 times",
                stop -> stop.signal().std() / first);
        drifted(
                path,
                moving,
                "vanish",
                "falls",
                "below a thousandth of",
                stop -> first / stop.signal().std());
    }

    private void drifted(
            List<Stop> path,
            List<Stop> moving,
            String verb,
            String moves,
            String threshold,
            ToDoubleFunction<Stop> drift) {
        Optional<Stop> passing =
                moving.stream().filter(stop -> drift.applyAsDouble(stop) > FOLD).findFirst();
        if (passing.isEmpty()) {
            return;
        }
        Stop first = moving.get(0);
        Stop last = first;
        for (Stop stop : moving) {
            last = drift.applyAsDouble(stop) > drift.applyAsDouble(last) ? stop : last;
        }
        int steps = path.indexOf(last) - path.indexOf(first);
        double factor = Math.pow(last.signal().std() / first.signal().std(), 1.0 / steps);
        sentences.add("The " + what + " " + verb + ": their standard deviation " + moves + " from " + at(first) + " to "
                + at(last) + ", by a factor of " + number(factor) + " per layer; it is " + threshold
                + " the first from layer " + passing.get().layer() + " on.");
    }

    private void died(Stop stop) {
        Signal signal = stop.signal();
        sentences.add("The " + what + " die in layer " + stop.layer() + ": "
                + (signal.std() == 0
                        ? "all are " + number(signal.mean())
                        : String.format(Locale.ROOT, "%.1f%% are zero", 100 * signal.zeroShare()))
                + ".");
    }

    private void stoppedBeingFinite(Stop stop) {
        Signal signal = stop.signal();
        sentences.add("The " + what + " stop being finite in layer " + stop.layer() + ": " + signal.nans() + " NaN and "
                + signal.infinities() + " infinite of " + signal.count() + ".");
    }

    private void alive(List<Stop> path) {
        List<Double> deviations = path.stream().map(stop -> stop.signal().std()).toList();
        sentences.add(
                deviations.isEmpty()
                        ? "The " + what + " are finite; there is no hidden layer to compare."
                        : "The " + what + " stay alive: their standard deviation is between "
                                + number(Collections.min(deviations)) + " and " + number(Collections.max(deviations))
                                + " in " + path.size() + (path.size() == 1 ? " hidden layer." : " hidden layers."));
    }

    private static String at(Stop stop) {
        return number(stop.signal().std()) + " in layer " + stop.layer();
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
