package io.millrace.deploy.reproduce;

/**
 * A row of a table.
 *
 * @param name as the paper calls it
 * @param weights name of the folder of its weights; empty where it needs none. Rows of several tables may share one
 * @param kind what gives it its figures
 */
record PaperRow(String name, String weights, RowKind kind) {}
