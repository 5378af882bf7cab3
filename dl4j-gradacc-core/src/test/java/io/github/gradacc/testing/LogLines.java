/* SPDX-License-Identifier: Apache-2.0 */
package io.github.gradacc.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import org.slf4j.LoggerFactory;

/** The warnings of a package, from when this is opened until it is closed. */
public final class LogLines implements AutoCloseable {

    private final Logger logger;
    private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

    public LogLines(String packageName) {
        logger = (Logger) LoggerFactory.getLogger(packageName);
        appender.start();
        logger.setLevel(Level.WARN);
        logger.addAppender(appender);
    }

    public List<String> warnings() {
        return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Override
    public void close() {
        logger.detachAppender(appender);
        logger.setLevel(null);
    }
}
