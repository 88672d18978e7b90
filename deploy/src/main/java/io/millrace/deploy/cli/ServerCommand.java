package io.millrace.deploy.cli;

/** A command that runs servers until it is told to stop, and so logs what they do. */
public interface ServerCommand {}
