/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.store;

import java.io.IOException;
import org.apiguardian.api.API;

/** A file is not what was written: torn, truncated, changed since, or another kind of file. */
@API(status = API.Status.INTERNAL)
public final class DamagedFileException extends IOException {

    private static final long serialVersionUID = 1L;

    /** Says what is wrong with which file. */
    public DamagedFileException(String message) {
        super(message);
    }
}
