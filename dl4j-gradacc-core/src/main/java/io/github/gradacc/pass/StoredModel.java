/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import io.github.gradacc.dl4j.Network;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apiguardian.api.API;
import org.deeplearning4j.util.ModelSerializer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The entries of DL4J's model file. {@link ModelSerializer} reads them, and overlooks others beside them; it writes a
 * file alone, and compresses it, which takes most of the time.
 */
@API(status = API.Status.INTERNAL)
public final class StoredModel {

    private @Nullable String configuration;
    private @Nullable INDArray parameters;
    private @Nullable INDArray updaterState;

    /** Nothing is read yet. */
    public StoredModel() {}

    /**
     * Writes a network: its configuration with the counters, its parameters and the state of its updater.
     *
     * @param network the network
     * @param zip takes the entries; left open
     * @throws IOException if it cannot
     */
    public static void write(Network network, ZipOutputStream zip) throws IOException {
        zip.putNextEntry(new ZipEntry(ModelSerializer.CONFIGURATION_JSON));
        zip.write(network.configurationJson().getBytes(StandardCharsets.UTF_8));
        zip.putNextEntry(new ZipEntry(ModelSerializer.COEFFICIENTS_BIN));
        INDArray parameters = network.model().params();
        if (parameters != null) {
            write(parameters, zip);
        } else {
            zip.putNextEntry(new ZipEntry(ModelSerializer.NO_PARAMS_MARKER));
        }
        INDArray state = network.updaterState();
        if (state != null && state.length() > 0) {
            zip.putNextEntry(new ZipEntry(ModelSerializer.UPDATER_BIN));
            write(state, zip);
        }
        zip.closeEntry();
    }

    private static void write(INDArray array, ZipOutputStream zip) throws IOException {
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(zip, 1 << 16));
        Nd4j.write(array, out);
        out.flush();
    }

    /**
     * Reads an entry, if it is one of the model.
     *
     * @param entry its name
     * @param bytes its content; left open
     * @return whether it was
     * @throws IOException if it cannot be read
     */
    public boolean read(String entry, InputStream bytes) throws IOException {
        switch (entry) {
            case ModelSerializer.CONFIGURATION_JSON ->
                configuration = new String(bytes.readAllBytes(), StandardCharsets.UTF_8);
            case ModelSerializer.COEFFICIENTS_BIN -> parameters = array(bytes);
            case ModelSerializer.UPDATER_BIN -> updaterState = array(bytes);
            case ModelSerializer.NO_PARAMS_MARKER -> parameters = null;
            default -> {
                return false;
            }
        }
        return true;
    }

    private static @Nullable INDArray array(InputStream bytes) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(bytes, 1 << 16);
        buffered.mark(1);
        if (buffered.read() < 0) {
            return null;
        }
        buffered.reset();
        try (var outside = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
            return Nd4j.read(new DataInputStream(buffered));
        }
    }

    /** Returns the configuration's JSON as it was when the network was written; empty if there was none. */
    public String configuration() {
        return configuration == null ? "" : configuration;
    }

    /**
     * Checks that the arrays fit a network.
     *
     * @throws IllegalArgumentException if its parameters or its updater's state differ in shape or type
     */
    public void requireFits(Network network) {
        requireSame("parameters", network.model().params(), parameters);
        requireSame("updater state", network.updaterState(), updaterState);
    }

    private static void requireSame(String what, @Nullable INDArray own, @Nullable INDArray read) {
        long ownLength = own == null ? 0 : own.length();
        long readLength = read == null ? 0 : read.length();
        if (ownLength != readLength || (own != null && read != null && own.dataType() != read.dataType())) {
            throw new IllegalArgumentException("The " + what + " of the file are " + description(read)
                    + ", those of this network " + description(own) + ": build the network that was saved");
        }
    }

    private static String description(@Nullable INDArray array) {
        return array == null ? "none" : array.dataType() + " of shape " + Arrays.toString(array.shape());
    }

    /** Puts parameters and updater state, which fit, into a network: copied, bit for bit. */
    public void putInto(Network network) {
        if (parameters != null) {
            network.model().params().assign(parameters);
        }
        if (updaterState != null) {
            network.setUpdaterState(updaterState);
        }
    }
}
