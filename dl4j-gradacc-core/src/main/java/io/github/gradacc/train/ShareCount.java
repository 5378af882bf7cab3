/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.train;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apiguardian.api.API;

/**
 * What is counted of batches before passes are made over them.
 *
 * @param microBatches into how many micro-batches they are cut
 * @param examples number of examples
 * @param labels for each output what its loss is divided by; empty where the examples are the divisor
 */
@API(status = API.Status.INTERNAL)
public record ShareCount(int microBatches, long examples, List<Double> labels) implements Serializable {

    /** Of no batch. */
    public static final ShareCount NONE = new ShareCount(0, 0, List.of());

    /** Counts these batches and others. */
    public ShareCount plus(ShareCount other) {
        List<Double> sum = new ArrayList<>(labels.isEmpty() ? other.labels : labels);
        for (int i = 0; i < sum.size() && !labels.isEmpty() && !other.labels.isEmpty(); i++) {
            sum.set(i, labels.get(i) + other.labels.get(i));
        }
        return new ShareCount(microBatches + other.microBatches, examples + other.examples, List.copyOf(sum));
    }
}
