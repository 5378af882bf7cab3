/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.dl4j;

import java.lang.reflect.Field;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apiguardian.api.API;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.layers.mkldnn.BaseMKLDNNHelper;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * The other implementation that DL4J gives some layers when it makes them, if the process allows it: oneDNN's, on a
 * CPU. DL4J has no way to choose it for one layer, or to take it away again: it is a field without a setter.
 */
@API(status = API.Status.INTERNAL)
public final class LayerHelper {

    private static final String FIELD = "helper";

    private final Layer layer;
    private final Field field;

    private LayerHelper(Layer layer, Field field) {
        this.layer = layer;
        this.field = field;
    }

    /** Returns the place for a helper in a layer, inside of wrappers too; empty in layers that can have none. */
    public static Optional<LayerHelper> in(LayerView view) {
        return view.layer()
                .map(Wrapping::innermost)
                .flatMap(layer -> Stream.<Class<?>>iterate(
                                layer.getClass(), type -> type != Object.class, Class::getSuperclass)
                        .flatMap(type -> Stream.of(type.getDeclaredFields()))
                        .filter(field -> field.getName().equals(FIELD))
                        .findFirst()
                        .map(field -> new LayerHelper(layer, field)));
    }

    /** Tells whether DL4J lets its layers use oneDNN now. If the question fails, DL4J remembers that for good. */
    public static boolean mayUseOneDnn() {
        return BaseMKLDNNHelper.mklDnnEnabled();
    }

    /** Tells whether the loaded library was built with oneDNN. ND4J's flag of this name is true in every build. */
    public static boolean libraryHasOneDnn() {
        return NativeOpsHolder.getInstance().getDeviceNativeOps().buildInfo().contains("HAVE_ONEDNN");
    }

    /**
     * Says what is known to be computed wrongly in a layer with oneDNN, as ND4J and DL4J 1.0.0-M2.1 call it.
     *
     * <ul>
     *   <li>Pooling with a dilation in FLOAT: ND4J's operation leaves it out, with a helper in the layer and without.
     *   <li>Average pooling that counts padding: backward, DL4J's helper divides as if it did not, in every type.
     * </ul>
     *
     * @param type of the network
     * @return what is wrong, and the way out; empty if nothing is known
     */
    public static Optional<String> knownError(LayerView view, DataType type) {
        if (!(view.configuration().map(Wrapping::innermost).orElse(null) instanceof SubsamplingLayer pooling)) {
            return Optional.empty();
        }
        boolean averages = pooling.getPoolingType() == PoolingType.AVG;
        boolean isDilated = IntStream.of(pooling.getDilation()).anyMatch(dilation -> dilation > 1);
        boolean isOneDnns = type == DataType.FLOAT && (averages || pooling.getPoolingType() == PoolingType.MAX);
        if (isDilated && isOneDnns && Nd4j.getEnvironment().helpersAllowed() && libraryHasOneDnn()) {
            return Optional.of("pools with a dilation, which oneDNN in ND4J 1.0.0-M2.1 leaves out in FLOAT: call"
                    + " Nd4j.getEnvironment().allowHelpers(false), or use a build of ND4J without oneDNN");
        }
        boolean pads = pooling.getConvolutionMode() == ConvolutionMode.Same
                || IntStream.of(pooling.getPadding()).anyMatch(padding -> padding > 0);
        if (averages
                && pooling.isAvgPoolIncludePadInDivisor()
                && pads
                && in(view).orElseThrow().isPresent()) {
            return Optional.of("averages with padding counted, for which DL4J's helper for oneDNN computes another"
                    + " gradient: leave its name out of OneDnn.keepOnly(network, names), or set"
                    + " avgPoolIncludePadInDivisor(false)");
        }
        return Optional.empty();
    }

    /** Tells whether the layer has a helper. */
    public boolean isPresent() {
        return layer.getHelper() != null;
    }

    /**
     * Takes the helper out: the layer computes as without from its next pass on.
     *
     * @return the helper, to be {@linkplain #put put} back; null if there is none
     */
    public @Nullable Object take() {
        Object helper = layer.getHelper();
        put(null);
        return helper;
    }

    /** Puts a helper of this layer back; null for none. */
    public void put(@Nullable Object helper) {
        try {
            field.setAccessible(true);
            field.set(layer, helper);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "The helper of DL4J's " + layer.getClass().getName() + " is out of reach", e);
        }
    }

    /**
     * Gives the layers of a replica helpers where those of the original have them, and only there: what is allowed may
     * have changed since the original was made. Helpers remember things from pass to pass, so each has its own.
     */
    static void match(Network original, Network replica) {
        for (int i = 0; i < original.layers().size(); i++) {
            Optional<LayerHelper> own = in(replica.layers().get(i));
            Optional<LayerHelper> others = in(original.layers().get(i));
            if (own.isPresent() && others.isPresent()) {
                own.get().match(others.get().layer.getHelper());
            }
        }
    }

    private void match(@Nullable Object other) {
        if (other == null) {
            take();
        } else if (!isPresent()) {
            try {
                put(other.getClass().getConstructor(DataType.class).newInstance(DataType.FLOAT));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(
                        "A layer's helper, " + other.getClass().getName() + ", has no double", e);
            }
        }
    }
}
