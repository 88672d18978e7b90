package io.millrace.service;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A component of a configuration record. Its flag, environment variable and file key all derive from the component's
 * name: {@code dataDir} is {@code --data-dir}, {@code MILLRACE_DATA_DIR} and {@code data-dir}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /** What it is, its unit, and how to choose its value. */
    String help();

    /** Default as text; empty = the setting is required. */
    String fallback() default "";
}
