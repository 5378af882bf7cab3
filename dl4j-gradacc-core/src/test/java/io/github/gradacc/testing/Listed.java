/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import java.util.Iterator;
import java.util.List;
import org.nd4j.linalg.dataset.api.MultiDataSet;
import org.nd4j.linalg.dataset.api.MultiDataSetPreProcessor;
import org.nd4j.linalg.dataset.api.iterator.MultiDataSetIterator;

/** Exactly these batches, again after each reset. */
public class Listed implements MultiDataSetIterator {

    private static final long serialVersionUID = 1L;

    private final transient List<? extends MultiDataSet> batches;
    private transient Iterator<? extends MultiDataSet> position;

    public Listed(List<? extends MultiDataSet> batches) {
        this.batches = batches;
        position = batches.iterator();
    }

    @Override
    public boolean hasNext() {
        return position.hasNext();
    }

    @Override
    public MultiDataSet next() {
        return position.next();
    }

    @Override
    public void reset() {
        position = batches.iterator();
    }

    @Override
    public boolean resetSupported() {
        return true;
    }

    @Override
    public boolean asyncSupported() {
        return false;
    }

    @Override
    public MultiDataSet next(int examples) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setPreProcessor(MultiDataSetPreProcessor preProcessor) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MultiDataSetPreProcessor getPreProcessor() {
        return null;
    }
}
