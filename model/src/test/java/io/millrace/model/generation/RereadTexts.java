package io.millrace.model.generation;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.millrace.model.batch.InputLayout;
import io.millrace.model.batch.ModelInput;
import io.millrace.model.engine.PyTorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Writing without anything kept: for each token the whole text is read again, by the whole stack. The oracle of
 * {@link TextBatch}.
 *
 * @param model that writes
 * @param ends tokens behind which nothing more is written
 */
public record RereadTexts(WritingModel model, Set<Integer> ends) {
    /** Tokens written for texts, of each up to and with an end token. */
    public List<int[]> write(List<int[]> texts, Sampling sampling) {
        ModelInput prompts = model.prompts(texts);
        List<int[]> whole = new ArrayList<>();
        int[] starts = prompts.reader().starts();
        int[] lengths = prompts.reader().lengths();
        for (int b = 0; b < lengths.length; b++) {
            whole.add(Arrays.copyOfRange(prompts.reader().ids(), starts[b], starts[b] + lengths[b]));
        }
        boolean[] ended = new boolean[lengths.length];
        for (int step = 0; step < sampling.maxTokens(); step++) {
            float[][] logits = logits(new ModelInput(InputLayout.written(whole), prompts.encoder()));
            for (int b = 0; b < ended.length; b++) {
                if (!ended[b]) {
                    int[] longer = Arrays.copyOf(whole.get(b), whole.get(b).length + 1);
                    longer[longer.length - 1] = sampling.choose(logits[b], step);
                    whole.set(b, longer);
                    ended[b] = ends.contains(longer[longer.length - 1]);
                }
            }
        }
        List<int[]> written = new ArrayList<>();
        for (int b = 0; b < lengths.length; b++) {
            written.add(Arrays.copyOfRange(whole.get(b), lengths[b], whole.get(b).length));
        }
        return written;
    }

    /** Logits [B][V] behind the last token of each text. */
    float[][] logits(ModelInput input) {
        long[] last = input.reader().counts().stream().asLongStream().toArray();
        try (PtNDManager scope = PyTorchRuntime.newManager()) {
            PtNDArray states = model.backbone().hiddenStates(input, scope);
            return model.logits((PtNDArray) states.get(((NDManager) scope).create(last)));
        }
    }
}
