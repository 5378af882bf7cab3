/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a report means, in sentences. The rules are those of {@link SignalReport#diagnosis}. */
final class SignalDiagnosis {

    /** How many times the first standard deviation is too much; its inverse is too little. */
    static final double FOLD = 1000;

    /** The share of zeros from which activations count as dead. */
    static final double DEAD_SHARE = 0.99;

    /** The share of zeros from which activations count as dying. */
    static final double DYING_SHARE = 0.9;

    /** One place on the signal's way. */
    private record Stop(String layer, boolean output, Signal signal) {

        boolean isFinite() {
            return signal.nonFinite() == 0;
        }

        boolean isDead(double deadShare) {
            boolean constant = signal.std() == 0 && signal.count() > 1;
            return isFinite() && (constant || signal.zeroShare() >= deadShare);
        }

        boolean isDying(double deadShare) {
            return deadShare < 1 && isFinite() && signal.zeroShare() >= DYING_SHARE;
        }
    }

    private final String what;
    private final double deadShare;
    private final boolean harmless;
    private final List<Stop> stops;
    private final SignalPath path;
    private final List<String> sentences = new ArrayList<>();

    /** @param harmless whether elements that are not finite are known to come to nothing */
    private SignalDiagnosis(String what, double deadShare, boolean harmless, List<Signal> features, List<Stop> stops) {
        this.what = what;
        this.deadShare = deadShare;
        this.harmless = harmless;
        this.stops = stops;
        path = new SignalPath(features);
        // A layer to pass over is a step without a scale.
        passed().forEach(stop ->
                path.add(stop.layer(), stop.isFinite() ? stop.signal().std() : Double.NaN));
    }

    static String of(SignalReport report) {
        List<Stop> forward = new ArrayList<>();
        List<Stop> backward = new ArrayList<>();
        for (SignalLayer layer : report.layers()) {
            forward.add(new Stop(layer.name(), layer.output(), layer.activations()));
            Signal gradients = layer.gradients();
            if (gradients != null) {
                backward.add(new Stop(layer.name(), layer.output(), gradients));
            }
        }
        Collections.reverse(backward);
        List<String> sentences = new ArrayList<>();
        Signal parameters = report.parameterGradients();
        boolean harmless = parameters != null && parameters.nonFinite() == 0;
        sentences.addAll(new SignalDiagnosis("activations", DEAD_SHARE, false, report.features(), forward).sentences());
        // Few examples reach a row of an embedding: gradients are dead only where all are zero.
        sentences.addAll(new SignalDiagnosis("gradients", 1, harmless, List.of(), backward).sentences());
        return String.join(System.lineSeparator(), sentences);
    }

    private List<String> sentences() {
        if (stops.isEmpty()) {
            return sentences;
        }
        if (!path.isEmpty()) {
            double first = path.first().scale();
            drifted("explode", "grows", "above 1000 times ", point -> point.scale() / first);
            drifted("vanish", "falls", "below a thousandth of ", point -> first / point.scale());
        }
        boolean drifted = !sentences.isEmpty();
        died();
        List<Stop> broken = stops.stream().filter(stop -> !stop.isFinite()).toList();
        if (!broken.isEmpty() && !harmless) {
            stoppedBeingFinite(broken.get(0), drifted);
        }
        if (sentences.isEmpty() && (broken.isEmpty() || !finite().isEmpty())) {
            alive();
        }
        if (!broken.isEmpty() && harmless) {
            discarded(broken);
        }
        return sentences;
    }

    /** The hidden layers up to the first with an element that is not finite and may do harm. */
    private Stream<Stop> passed() {
        return stops.stream().takeWhile(stop -> harmless || stop.isFinite()).filter(stop -> !stop.output());
    }

    /** Those of them whose elements are all finite. */
    private List<Stop> finite() {
        return passed().filter(Stop::isFinite).toList();
    }

    private void drifted(String verb, String moves, String threshold, ToDoubleFunction<SignalPath.Point> drift) {
        Optional<SignalPath.Point> passing = path.points().stream()
                .filter(point -> drift.applyAsDouble(point) > FOLD)
                .findFirst();
        if (passing.isEmpty()) {
            return;
        }
        SignalPath.Point last = path.first();
        for (SignalPath.Point point : path.points()) {
            last = drift.applyAsDouble(point) > drift.applyAsDouble(last) ? point : last;
        }
        sentences.add(
                "The " + what + " " + verb + ": their standard deviation " + moves + " from " + path.first() + " to "
                        + last + ", by a factor of " + number(path.factorTo(last)) + " per layer; it is " + threshold
                        + (path.startsAtFeatures() ? "the features" : "the first") + " from "
                        + passing.get().where() + " on.");
    }

    private void died() {
        Optional<Stop> dead =
                finite().stream().filter(stop -> stop.isDead(deadShare)).findFirst();
        Optional<Stop> dying = finite().stream()
                .takeWhile(stop -> !stop.isDead(deadShare))
                .filter(stop -> stop.isDying(deadShare))
                .findFirst();
        dying.ifPresent(stop -> sentences.add(
                "The " + what + " are dying in layer " + stop.layer() + ": " + zeros(stop.signal()) + "."));
        dead.ifPresent(stop -> sentences.add("The " + what + " die in layer " + stop.layer() + ": "
                + (stop.signal().std() == 0 ? "all are " + number(stop.signal().mean()) : zeros(stop.signal())) + "."));
    }

    private void stoppedBeingFinite(Stop stop, boolean drifted) {
        Signal signal = stop.signal();
        boolean grew = !drifted && signal.infinities() > 0 && path.factor() > 1;
        sentences.add("The " + what + " stop being finite in layer " + stop.layer() + ": " + nonFinite(signal)
                + (grew
                        ? ", after growing from " + path.first() + " to " + path.last() + ", by a factor of "
                                + number(path.factor()) + " per layer"
                        : "")
                + ".");
    }

    private void discarded(List<Stop> broken) {
        String where = broken.stream()
                .map(stop -> "layer " + stop.layer() + " (" + nonFinite(stop.signal()) + ")")
                .collect(Collectors.joining(", "));
        sentences.add("The " + what + " of activations are not finite in " + where
                + ", but these are discarded before they reach a parameter: the " + what
                + " of all parameters are finite.");
    }

    private static String nonFinite(Signal signal) {
        return signal.nans() + " NaN and " + signal.infinities() + " infinite of " + signal.count();
    }

    private void alive() {
        List<Double> deviations =
                finite().stream().map(stop -> stop.signal().std()).toList();
        double factor = path.factor();
        sentences.add(
                deviations.isEmpty()
                        ? "The " + what + " are finite; there is no hidden layer to compare."
                        : "The " + what + " stay alive: their standard deviation is between "
                                + number(Collections.min(deviations)) + " and " + number(Collections.max(deviations))
                                + " in " + deviations.size()
                                + (deviations.size() == 1 ? " hidden layer" : " hidden layers")
                                + (Double.isNaN(factor)
                                        ? ""
                                        : ", changing by a factor of " + number(factor) + "" + " per layer")
                                + ".");
    }

    private static String zeros(Signal signal) {
        return String.format(Locale.ROOT, "%.1f%% are zero", 100 * signal.zeroShare());
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3g", value);
    }
}
