/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.spark;

import java.net.URI;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** The local files under a scheme that only a context's own Hadoop configuration knows. */
public final class FolderFileSystem extends RawLocalFileSystem {

    static final String SCHEME = "folder";

    @Override
    public URI getUri() {
        return URI.create(SCHEME + ":///");
    }

    @Override
    public String getScheme() {
        return SCHEME;
    }
}
