package io.millrace.model;

/** Which side of a match a text is on; prefixes, lengths and heads may differ between the two. */
public enum TextRole {
    QUERY,
    DOCUMENT
}
