/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.examples;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.deeplearning4j.datasets.iterator.impl.MnistDataSetIterator;
import org.eclipse.deeplearning4j.resources.DataSetResource;
import org.eclipse.deeplearning4j.resources.ResourceDataSets;
import org.nd4j.linalg.dataset.DataSet;

/**
 * Images of digits, 28 by 28, for training and testing. Features [n, 784] from 0 to about 1, one-hot labels [n, 10],
 * FLOAT.
 *
 * @param origin where they come from, and why, to print
 */
record DigitImages(String origin, DataSet train, DataSet test) {

    static final int SIZE = 28;

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    /** Drawn on the spot ({@link Digits}). */
    static DigitImages drawn(String reason, int train, int test) {
        return new DigitImages(
                "Digits drawn on the spot: " + reason + ".", Digits.draw(train, SIZE, 1), Digits.draw(test, SIZE, 2));
    }

    /** Scanned digits, by DL4J's own iterator, if its files are here or their host answers soon; else drawn ones. */
    static DigitImages mnist(int train, int test) {
        DataSetResource file = ResourceDataSets.mnistTrain();
        return mnist(train, test, file.existsLocally(), URI.create(file.rootUrl() + "/" + file.archiveFileName()));
    }

    /** The same, with what it depends on. */
    static DigitImages mnist(int train, int test, boolean here, URI host) {
        if (!here && !answers(host)) {
            return drawn("MNIST is not here, and " + host + " does not answer", train, test);
        }
        try {
            return new DigitImages("MNIST.", scanned(train, true), scanned(test, false));
        } catch (IOException | RuntimeException e) {
            return drawn("MNIST failed (" + e + ")", train, test);
        }
    }

    private static DataSet scanned(int examples, boolean train) throws IOException {
        return new MnistDataSetIterator(examples, examples, false, train, true, 1).next();
    }

    /** Whether a host has the file, found out before DL4J tries, since DL4J waits for minutes. */
    private static boolean answers(URI file) {
        HttpRequest question = HttpRequest.newBuilder(file)
                .timeout(PATIENCE)
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build();
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        try {
            return client.send(question, BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
