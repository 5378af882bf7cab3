/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;

/**
 * Files as Hadoop reads them with the configuration of a context, which goes to the executors for the time
 * of a call.
 */
final class Hadoop implements AutoCloseable {

    private final JavaSparkContext context;
    private final Broadcast<byte[]> configuration;

    Hadoop(JavaSparkContext context) {
        this.context = context;
        configuration = context.broadcast(toBytes(context.hadoopConfiguration()));
    }

    /** Returns the configuration, to be used until this is closed. */
    Broadcast<byte[]> configuration() {
        return configuration;
    }

    /**
     * Lists the files of a folder.
     *
     * @param folder as Hadoop names it
     * @param partitions to which the files are dealt, one after the other, sorted by their names
     * @return the paths; files whose names begin with a dot or an underscore are left out, and so are folders
     * @throws IllegalArgumentException if there is no such folder, or no file in it
     * @throws UncheckedIOException if it cannot be read
     */
    JavaRDD<String> list(String folder, int partitions) {
        List<String> files = files(folder);
        return Dealer.deal(context.parallelize(files, 1), Math.min(partitions, files.size()));
    }

    private List<String> files(String folder) {
        try {
            Path path = new Path(folder);
            List<String> files = Arrays.stream(
                            path.getFileSystem(context.hadoopConfiguration()).listStatus(path))
                    .filter(FileStatus::isFile)
                    .map(FileStatus::getPath)
                    .filter(file ->
                            !file.getName().startsWith(".") && !file.getName().startsWith("_"))
                    .map(Path::toString)
                    .sorted()
                    .toList();
            if (files.isEmpty()) {
                throw new IllegalArgumentException(
                        "The folder " + folder + " has no file: there is nothing to train on");
            }
            return files;
        } catch (FileNotFoundException e) {
            throw new IllegalArgumentException("There is no folder " + folder + " (" + e.getMessage() + ")", e);
        } catch (IOException e) {
            throw new UncheckedIOException("The folder " + folder + " cannot be read (" + e + ")", e);
        }
    }

    private static byte[] toBytes(Configuration configuration) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            configuration.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException("Hadoop's configuration could not be written", e);
        }
        return bytes.toByteArray();
    }

    /** Reads a configuration that came to an executor. */
    static Configuration fromBytes(byte[] bytes) {
        Configuration configuration = new Configuration(false);
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            configuration.readFields(in);
        } catch (IOException e) {
            throw new UncheckedIOException("Hadoop's configuration could not be read", e);
        }
        return configuration;
    }

    @Override
    public void close() {
        Cleaning.up(configuration::destroy);
    }
}
