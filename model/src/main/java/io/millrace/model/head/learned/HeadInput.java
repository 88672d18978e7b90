package io.millrace.model.head.learned;

import ai.djl.pytorch.engine.PtNDArray;
import io.millrace.model.backbone.Drops;
import io.millrace.model.batch.TokenBatch;
import java.util.Optional;

/**
 * What a backbone hands to a head.
 *
 * @param hidden states [N, H], perhaps with the record of how they came about
 * @param batch the cells that were read, texts by falling length
 * @param drops what dropout leaves out of what adapters read; empty for nothing
 */
public record HeadInput(PtNDArray hidden, TokenBatch batch, Optional<Drops> drops) {}
