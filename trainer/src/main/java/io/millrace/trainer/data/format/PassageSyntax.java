package io.millrace.trainer.data.format;

import io.millrace.trainer.data.DataFormatException;
import io.millrace.trainer.data.Passage;

/** How a line says id and text of a query or a document. */
public enum PassageSyntax {
    /** {@code id TAB text}, as MS MARCO's {@code collection.tsv} and {@code queries.*.tsv}. */
    TSV {
        @Override
        Passage parse(String line, String place) throws DataFormatException {
            int tab = line.indexOf('\t');
            if (tab < 1) {
                throw new DataFormatException(
                        place,
                        "expected an id, one tab and a text, but " + (tab < 0 ? "there is no tab" : "the id is empty"));
            }
            return new Passage(line.substring(0, tab), line.substring(tab + 1));
        }
    },
    /** {@code {"_id": …, "title": …, "text": …}}, as BEIR's {@code corpus.jsonl} and {@code queries.jsonl}. */
    BEIR {
        @Override
        Passage parse(String line, String place) throws DataFormatException {
            JsonFields fields = JsonFields.parse(line, place);
            String text = fields.text("text");
            String title = fields.optionalText("title");
            return new Passage(fields.id("_id"), title.isEmpty() ? text : (title + " " + text).strip());
        }
    };

    /** Reads a line that is not blank. */
    abstract Passage parse(String line, String place) throws DataFormatException;

    /** The syntax of a file, told by its name: {@code .jsonl} or else {@code .tsv}, each perhaps with {@code .gz}. */
    public static PassageSyntax ofName(String name) {
        return name.endsWith(".jsonl") || name.endsWith(".jsonl.gz") ? BEIR : TSV;
    }
}
