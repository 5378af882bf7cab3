/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The scale of a signal along its way: that of the features, where they count, then the standard deviation of each
 * layer.
 *
 * <p>The scale of features is their root mean square {@code sqrt(mean^2 + std^2)}, over all inputs of the network:
 * weights of mean 0 multiply it, not the standard deviation, into that of the first layer.
 */
final class SignalPath {

    /**
     * One place.
     *
     * @param where in words
     * @param scale above 0
     * @param position in layers; -1 for the features
     */
    record Point(String where, double scale, int position) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.3g in %s", scale, where);
        }
    }

    private static final int FEATURES = -1;

    private final List<Point> points = new ArrayList<>();
    private int layers;

    SignalPath(List<Signal> features) {
        double scale = rootMeanSquare(features);
        if (scale > 0) {
            points.add(new Point("the features", scale, FEATURES));
        }
    }

    /** Adds a layer; one without variance, or NaN, counts as a step, and is no point. */
    void add(String layer, double std) {
        if (std > 0) {
            points.add(new Point("layer " + layer, std, layers));
        }
        layers++;
    }

    boolean isEmpty() {
        return points.isEmpty();
    }

    boolean startsAtFeatures() {
        return first().position() == FEATURES;
    }

    List<Point> points() {
        return points;
    }

    Point first() {
        return points.get(0);
    }

    Point last() {
        return points.get(points.size() - 1);
    }

    /** The factor per layer, as a geometric mean; NaN without two points. */
    double factor() {
        return isEmpty() ? Double.NaN : factorTo(last());
    }

    /** The factor per layer from the first point to another; NaN for the first. */
    double factorTo(Point point) {
        int steps = point.position() - first().position();
        return steps == 0 ? Double.NaN : Math.pow(point.scale() / first().scale(), 1.0 / steps);
    }

    private static double rootMeanSquare(List<Signal> features) {
        double norm = 0;
        long count = 0;
        for (Signal signal : features) {
            // Products of roots, not squares: the values may be as large as the type allows.
            norm = Math.hypot(norm, Math.hypot(signal.mean(), signal.std()) * Math.sqrt((double) signal.count()));
            count += signal.count();
        }
        return count == 0 ? 0 : norm / Math.sqrt((double) count);
    }
}
