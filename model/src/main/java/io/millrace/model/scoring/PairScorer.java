package io.millrace.model.scoring;

import io.millrace.model.EncoderOptions;
import io.millrace.model.InvalidModelException;
import io.millrace.model.architecture.Architecture;
import io.millrace.model.architecture.Architectures;
import io.millrace.model.architecture.BertArchitecture;
import io.millrace.model.architecture.LlamaArchitecture;
import io.millrace.model.batch.TokenPair;
import io.millrace.model.checkpoint.Checkpoint;
import io.millrace.model.engine.PyTorchRuntime;
import io.millrace.model.tokenizer.PairTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A transformer that reads a query and a document together and gives one score, the logit as it is: BERT cross-encoders
 * such as MiniLM-L-6, and RankLLaMA (Ma et al. 2023), whose adapter brings the score layer. Safe for many threads.
 */
public final class PairScorer implements Scorer {
    /** Longest pair of a decoder, in tokens: attention to more would be slow and was not trained. */
    private static final int DECODER_TOKENS = 1_024;

    private final PairTokenizer tokenizer;
    private final PairTemplate template;
    private final int maxTokens;
    private final LoadedModel<ScoreLayers> model;

    private PairScorer(PairTokenizer tokenizer, PairTemplate template, int maxTokens, LoadedModel<ScoreLayers> model) {
        this.tokenizer = tokenizer;
        this.template = template;
        this.maxTokens = maxTokens;
        this.model = model;
    }

    /**
     * Loads a checkpoint of sequence classification with one label.
     *
     * @param directory with {@code config.json}, {@code tokenizer.json} and weights
     * @param options adapters among them
     * @throws InvalidModelException if the checkpoint is damaged or not of that kind
     * @throws IOException if a file cannot be read
     */
    public static PairScorer open(Path directory, EncoderOptions options) throws IOException {
        PyTorchRuntime.configure();
        Architecture architecture = Architectures.read(directory.resolve(Checkpoint.CONFIG));
        boolean decoder = architecture instanceof LlamaArchitecture;
        if (!decoder && !(architecture instanceof BertArchitecture)) {
            throw new InvalidModelException(directory + ": a " + architecture.modelType()
                    + " cannot score pairs here; use a BERT cross-encoder or a Llama with a score layer");
        }
        int longest = decoder ? Math.min(DECODER_TOKENS, architecture.maxPositions()) : architecture.maxPositions();
        int tokens = options.maxTokens().orElse(longest);
        if (tokens > architecture.maxPositions()) {
            throw new InvalidModelException(directory + ": max_tokens is " + tokens + ", but the model has "
                    + architecture.maxPositions() + " positions; lower it");
        }
        PairTemplate template = decoder ? PairTemplate.RANK_LLAMA : PairTemplate.PLAIN;
        LoadedModel<ScoreLayers> model = LoadedModel.open(
                new LoadedModel.Request(directory, architecture, tokens, options),
                (parameters, width, owner) -> decoder
                        ? ScoreLayers.linear(parameters, width, owner)
                        : ScoreLayers.pooled(parameters, width, owner));
        try {
            return new PairScorer(
                    PairTokenizer.open(directory.resolve(Checkpoint.TOKENIZER), template.suffix()),
                    template,
                    tokens,
                    model);
        } catch (IOException | RuntimeException e) {
            model.close();
            throw e;
        }
    }

    /** Scores of pairs, in order. Where a pair is too long, the longer of its texts is cut, token by token. */
    @Override
    public float[] score(List<TextPair> pairs) {
        List<TokenPair> tokens = pairs.stream()
                .map(pair -> tokenizer.tokenize(template.query(pair), template.document(pair), maxTokens))
                .toList();
        return scoreTokens(tokens);
    }

    /** Scores of tokenised pairs, in order. */
    float[] scoreTokens(List<TokenPair> pairs) {
        int[] lengths = pairs.stream().mapToInt(pair -> pair.ids().length).toArray();
        float[] all = new float[pairs.size()];
        model.forEach(
                lengths,
                group -> TokenPair.layout(
                        Arrays.stream(group).mapToObj(pairs::get).toList(), template == PairTemplate.RANK_LLAMA),
                (layers, states, cells) -> layers.scores(states, cells),
                (group, scores) -> {
                    for (int i = 0; i < group.length; i++) {
                        all[group[i]] = scores[i];
                    }
                });
        return all;
    }

    /** Longest pair read, in tokens. */
    public int maxTokens() {
        return maxTokens;
    }

    /** Frees the weights; calls that run must have ended. Idempotent. */
    @Override
    public void close() {
        model.close();
        tokenizer.close();
    }
}
