package io.millrace.model.contract;

/** Which parts of a transformer read a text, and what each of its hidden states has seen. */
public enum ReadingMode {
    /** An encoder; every state sees the whole text (BERT, the encoder of T5). */
    ENCODER,
    /** A decoder-only model as it was trained; a state sees what stands before it and its own token. */
    CAUSAL,
    /** A decoder-only model without its causal mask; every state sees the whole text (CSPLADE-Bi). */
    BIDIRECTIONAL,
    /**
     * A decoder-only model that reads the text twice in a row and pools over the second copy, of which every state has
     * seen the whole text (Springer et al. 2024; CSPLADE-Echo).
     */
    ECHO,
    /** T5's decoder without its encoder, the text shifted right by one as in training (Decoder4LSR). */
    DECODER,
    /** T5's decoder reads its start token only, and attends to the encoded text: one state a text (Decoder4LSR). */
    ENCODER_DECODER_SINGLE,
    /** T5's decoder reads the text shifted right by one, and attends to the encoded text (Decoder4LSR, eq. 6). */
    ENCODER_DECODER_MULTI
}
