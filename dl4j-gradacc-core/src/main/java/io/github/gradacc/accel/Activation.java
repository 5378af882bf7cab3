/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.accel;

import io.github.gradacc.dl4j.LayerHelper;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Finds out, step by step, whether DL4J can use oneDNN in this process; nothing is loaded that the processor cannot
 * run.
 */
final class Activation {

    /** Which build JavaCPP loads; read when it loads ND4J's. */
    static final String EXTENSION = "org.bytedeco.javacpp.platform.extension";

    /** The version that needs all this. */
    private static final String ND4J = "1.0.0-M2.1";

    private final Set<String> features;

    Activation(Set<String> features) {
        this.features = features;
    }

    /** Chooses a build if none is loaded yet, has it loaded, and switches DL4J's helpers on if it has oneDNN. */
    Status enable() {
        if (NativeBuild.loaded().isEmpty()) {
            Optional<String> obstacle = choose(NativeBuild.onClassPath(), System.getProperty(EXTENSION));
            if (obstacle.isPresent()) {
                return inactive(obstacle.get());
            }
        }
        try {
            return switchOn();
        } catch (RuntimeException | LinkageError e) {
            HelperSwitch.off();
            return inactive("ND4J's library for CPUs could not be loaded (" + e + "). Add nd4j-native-platform and "
                    + dependency() + ".");
        }
    }

    /**
     * Decides what JavaCPP is to load, which by itself takes any build of ND4J with an extension that it finds.
     *
     * @return why none can be loaded; empty if one can
     */
    Optional<String> choose(List<NativeBuild> present, @Nullable String wanted) {
        Optional<NativeBuild> fits = present.stream()
                .filter(build -> wanted == null || wanted.equals(build.extension()))
                .filter(build -> build.missingFrom(features).isEmpty())
                .findFirst();
        if (fits.isPresent()) {
            System.setProperty(EXTENSION, fits.get().extension());
            return Optional.empty();
        }
        if (present.isEmpty()) {
            return Optional.of("no build of ND4J with oneDNN is on the class path. Add " + dependency() + ".");
        }
        if (wanted != null
                && present.stream().noneMatch(build -> build.extension().equals(wanted))) {
            return Optional.of("the system property " + EXTENSION + " is '" + wanted + "', and on the class path is "
                    + names(present) + (wanted.startsWith("-") ? "" : "; what it names begins with a hyphen")
                    + ". Leave the property out, or add the build that it names.");
        }
        return Optional.of("the class path has " + names(present) + ", which this processor cannot run: it lacks "
                + String.join(", ", present.get(0).missingFrom(features))
                + ", and would end the process. Replace it by " + dependency() + ".");
    }

    private Status switchOn() {
        // The first array loads the library.
        Nd4j.scalar(0.0f).close();
        String backend =
                String.valueOf(Nd4j.getExecutioner().getEnvironmentInformation().getProperty("backend"));
        if (!"CPU".equalsIgnoreCase(backend)) {
            return inactive("ND4J's backend is " + backend + ", and oneDNN computes on CPUs only.");
        }
        if (!LayerHelper.libraryHasOneDnn()) {
            return inactive("the library that is loaded was built without oneDNN. Add " + dependency()
                    + ", and call OneDnn.enable() before anything else uses ND4J; or start the process with -D"
                    + EXTENSION + "=" + best().extension() + ".");
        }
        if (!Nd4j.getEnvironment().helpersAllowed()) {
            return inactive(
                    "ND4J's native helpers are off in this process: call Nd4j.getEnvironment().allowHelpers(true).");
        }
        HelperSwitch.on();
        if (!LayerHelper.mayUseOneDnn()) {
            HelperSwitch.off();
            return inactive(
                    "DL4J asked for its helpers before and was refused, which it does not forget, or its class loader"
                            + " does not see this library. Call OneDnn.enable() before the first network is made.");
        }
        return Status.active(
                build(),
                features,
                "networks made from now on use it in FLOAT, for convolution in one and two dimensions, pooling and"
                        + " batch normalization.");
    }

    private Status inactive(String obstacle) {
        return Status.inactive(build(), features, obstacle);
    }

    private static String build() {
        return NativeBuild.loaded().orElse("");
    }

    private NativeBuild best() {
        return NativeBuild.bestFor(features);
    }

    private String dependency() {
        return "the dependency org.nd4j:nd4j-native:" + ND4J + " with the classifier " + best().classifier();
    }

    private static String names(List<NativeBuild> builds) {
        return builds.stream().map(NativeBuild::classifier).collect(Collectors.joining(", "));
    }
}
