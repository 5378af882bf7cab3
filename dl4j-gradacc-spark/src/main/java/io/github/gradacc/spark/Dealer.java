/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.Partitioner;
import org.apache.spark.api.java.JavaRDD;
import scala.Tuple2;

/**
 * Deals the elements of an RDD to partitions as one deals cards: element i goes to partition i modulo n, in order.
 * Where an element goes depends on its position in the RDD alone, and neither on the RDD's own partitions nor on
 * executors.
 */
final class Dealer extends Partitioner {

    private static final long serialVersionUID = 1L;

    private final int partitions;

    private Dealer(int partitions) {
        this.partitions = partitions;
    }

    /**
     * Deals. Spark computes the RDD once to number its elements if it has several partitions, and once more to move
     * them.
     *
     * @param elements in the same order each time they are computed
     * @param partitions at least 1
     */
    static <T> JavaRDD<T> deal(JavaRDD<T> elements, int partitions) {
        return elements.zipWithIndex()
                .mapToPair(numbered -> new Tuple2<>(numbered._2(), numbered._1()))
                .partitionBy(new Dealer(partitions))
                .mapPartitions(Dealer::inOrder, true);
    }

    /** They come in the order of their arrival. */
    private static <T> Iterator<T> inOrder(Iterator<Tuple2<Long, T>> arrived) {
        List<Tuple2<Long, T>> all = new ArrayList<>();
        arrived.forEachRemaining(all::add);
        all.sort(Comparator.comparingLong(Tuple2::_1));
        return all.stream().map(Tuple2::_2).iterator();
    }

    @Override
    public int numPartitions() {
        return partitions;
    }

    @Override
    public int getPartition(Object position) {
        return Math.floorMod((Long) position, partitions);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Dealer dealer && dealer.partitions == partitions;
    }

    @Override
    public int hashCode() {
        return partitions;
    }
}
