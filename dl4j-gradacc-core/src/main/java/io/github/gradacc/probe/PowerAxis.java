/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.probe;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A logarithmic axis between two powers of ten.
 *
 * @param least the lower power
 * @param most the upper power, above the lower
 */
record PowerAxis(int least, int most) {

    private static final int TICKS = 10;

    /** The narrowest axis around some values above 0, one power of ten wide or more; around 1 if there are none. */
    static PowerAxis around(double[] values) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (value > 0 && value < Double.POSITIVE_INFINITY) {
                low = Math.min(low, Math.log10(value));
                high = Math.max(high, Math.log10(value));
            }
        }
        if (!(low <= high)) {
            return new PowerAxis(-1, 1);
        }
        int least = (int) Math.floor(low);
        int most = (int) Math.ceil(high);
        return most > least ? new PowerAxis(least, most) : new PowerAxis(least - 1, most + 1);
    }

    /** Where a value is: 0 at the lower end, 1 at the upper. */
    double position(double value) {
        return (Math.log10(value) - least) / (most - least);
    }

    /** The powers to label, at most eleven. */
    List<Integer> ticks() {
        int step = (most - least + TICKS - 1) / TICKS;
        return IntStream.rangeClosed(0, (most - least) / step)
                .mapToObj(i -> least + i * step)
                .toList();
    }
}
