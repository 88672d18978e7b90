package io.millrace.deploy.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Logging options of every command. Logs go to stderr: INFO for what stays up as a server, WARN for the others. */
public final class Logging {
    /** Forms of a log line. */
    public enum Format {
        /** One line for people. */
        TEXT,
        /** One JSON object a line. */
        JSON
    }

    @Option(
            names = "--log-format",
            paramLabel = "text|json",
            scope = ScopeType.INHERIT,
            description = "Form of the log on stderr. Default: text.")
    private Format format = Format.TEXT;

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            scope = ScopeType.INHERIT,
            description = "Least level logged: error, warn, info, debug. Default: info for servers, else warn.")
    private @Nullable String level;

    /** For a process that is no command: warnings to stderr. */
    public static void warnings() {
        new Logging().configure(false);
    }

    /** Applies the options to the whole process. */
    void configure(boolean isServer) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder(context));
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.addAppender(appender);
        root.setLevel(Level.WARN);
        Level chosen = Level.toLevel(level, isServer ? Level.INFO : Level.WARN);
        context.getLogger("io.millrace").setLevel(chosen);
        if (chosen.toInt() > Level.WARN_INT) {
            root.setLevel(chosen);
        }
        // gRPC and Netty speak java.util.logging.
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private Encoder<ILoggingEvent> encoder(LoggerContext context) {
        if (format == Format.JSON) {
            JsonEncoder json = new JsonEncoder();
            json.setContext(context);
            json.start();
            return json;
        }
        PatternLayoutEncoder text = new PatternLayoutEncoder();
        text.setContext(context);
        text.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{0}: %msg%n");
        text.start();
        return text;
    }
}
