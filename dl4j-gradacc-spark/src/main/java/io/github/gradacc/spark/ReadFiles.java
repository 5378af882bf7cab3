/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.AccessDeniedException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.security.AccessControlException;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.MultiDataSet;

/**
 * From paths to encoded batches. What is wrong each time (no such file, no right to read it, no data set in it) comes
 * back as a value, see {@link EncodedBatch#unreadable}; a disk or a network that fails may work when Spark tries again.
 */
final class ReadFiles implements Function<String, byte[]> {

    private static final long serialVersionUID = 1L;

    /** Features, labels, masks of the one and of the other. */
    private static final int COUNTS = 4;

    private final Broadcast<byte[]> configuration;
    private final boolean areMulti;
    private transient @Nullable Configuration read;

    /**
     * Reads saved data sets.
     *
     * @param configuration Hadoop's
     * @param areMulti whether they are multi data sets
     */
    ReadFiles(Broadcast<byte[]> configuration, boolean areMulti) {
        this.configuration = configuration;
        this.areMulti = areMulti;
    }

    @Override
    public byte[] call(@Nullable String name) throws IOException {
        if (name == null) {
            return EncodedBatch.unreadable("a path is needed, got null");
        }
        byte[] bytes;
        try {
            Path path = new Path(name);
            try (InputStream in = path.getFileSystem(hadoop()).open(path)) {
                bytes = in.readAllBytes();
            }
        } catch (FileNotFoundException e) {
            return EncodedBatch.unreadable("there is no file " + name + " on this executor, or no right to read it ("
                    + e.getMessage() + "); every executor must reach it by this path");
        } catch (AccessControlException | AccessDeniedException e) {
            return EncodedBatch.unreadable("the file " + name + " may not be read (" + e.getMessage() + ")");
        } catch (UnsupportedFileSystemException | IllegalArgumentException e) {
            return EncodedBatch.unreadable("Hadoop cannot use the path " + name + " (" + e.getMessage() + ")");
        } catch (IOException e) {
            throw new IOException("The file " + name + " cannot be read (" + e + ")", e);
        }
        try {
            return EncodedBatch.encode(areMulti ? multiDataSet(bytes) : dataSet(bytes));
        } catch (IOException | RuntimeException e) {
            return EncodedBatch.unreadable("the file " + name + " of " + bytes.length + " bytes is not what "
                    + (areMulti ? "MultiDataSet" : "DataSet") + ".save writes (" + reason(e) + ")");
        }
    }

    private static org.nd4j.linalg.dataset.api.MultiDataSet dataSet(byte[] bytes) {
        DataSet data = new DataSet();
        data.load(new ByteArrayInputStream(bytes));
        return data.toMultiDataSet();
    }

    private static org.nd4j.linalg.dataset.api.MultiDataSet multiDataSet(byte[] bytes) throws IOException {
        requireCounts(ByteBuffer.wrap(bytes));
        MultiDataSet data = new MultiDataSet();
        data.load(new ByteArrayInputStream(bytes));
        return data;
    }

    /** DL4J makes room for as many arrays as the first numbers say, whatever kind of file that is. */
    private static void requireCounts(ByteBuffer bytes) throws IOException {
        int size = bytes.remaining();
        for (int i = 0; i < COUNTS; i++) {
            int arrays = size < (i + 1) * Integer.BYTES ? -1 : bytes.getInt();
            if (arrays < 0 || arrays > size) {
                throw new IOException("it does not begin with numbers of arrays");
            }
        }
    }

    private static String reason(Exception e) {
        return String.valueOf(e.getCause() == null ? e : e.getCause());
    }

    private Configuration hadoop() {
        Configuration present = read;
        if (present == null) {
            present = Hadoop.fromBytes(configuration.value());
            read = present;
        }
        return present;
    }
}
