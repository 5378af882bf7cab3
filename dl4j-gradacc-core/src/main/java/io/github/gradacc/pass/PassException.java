/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.pass;

import org.apiguardian.api.API;
import org.jspecify.annotations.Nullable;

/** The one way in which a run of passes ends early. What it means for a training is for the caller to say. */
@API(status = API.Status.INTERNAL)
public final class PassException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The kinds of ends. */
    public enum Reason {
        /** DL4J, or code that it called, threw the cause. */
        FAILED,
        /** The thread was interrupted before the pass; its status stays. */
        INTERRUPTED
    }

    private final Reason reason;
    private final transient Pass pass;

    private PassException(Reason reason, Pass pass, @Nullable Throwable cause) {
        super(reason + ", pass over micro-batch " + pass.microBatch(), cause);
        this.reason = reason;
        this.pass = pass;
    }

    static PassException failed(Pass pass, Throwable cause) {
        return new PassException(Reason.FAILED, pass, cause);
    }

    static PassException interrupted(Pass pass) {
        return new PassException(Reason.INTERRUPTED, pass, null);
    }

    /** Returns why the run ended. */
    public Reason reason() {
        return reason;
    }

    /** Returns the pass that was being made, or was to be made next. */
    public Pass pass() {
        return pass;
    }

    /** Says what went wrong. DL4J wraps it, and the innermost exception often says it best; some have no message. */
    public String explanation() {
        Throwable outermost = getCause() == null ? this : getCause();
        Throwable root = outermost;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        String outer = outermost.getMessage();
        String inner = root.getMessage() == null ? root.getClass().getName() : root.getMessage();
        return outer == null || root == outermost ? inner : outer + ". The cause of that: " + inner;
    }
}
