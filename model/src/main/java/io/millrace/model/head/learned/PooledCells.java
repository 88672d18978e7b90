package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.TokenBatch;

/**
 * What is pooled.
 *
 * @param states [N, H], perhaps with the record of how they came about
 * @param batch the cells that they are of
 * @param weights as they are now
 * @param scope what everything is freed with
 */
record PooledCells(PtNDArray states, TokenBatch batch, HeadWeights weights, PtNDManager scope) {}
