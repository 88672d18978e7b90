package io.millrace.trainer.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.millrace.trainer.data.TrainingExample;
import io.millrace.trainer.data.TrainingFiles;
import io.millrace.trainer.data.stream.ExampleStream;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataSpecTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void write() {
        TrainingFiles files = new TrainingFiles(folder);
        files.write("queries.tsv", "1\teins", "2\tzwei");
        files.write("documents.tsv", "10\tzehn", "11\telf", "12\tzw\u00c3\u00b6lf");
        files.write("queries.jsonl", "{\"_id\": \"1\", \"text\": \"eins\"}");
        files.write("corpus.jsonl", "{\"_id\": \"10\", \"text\": \"zehn\"}", "{\"_id\": \"11\", \"text\": \"elf\"}");
        files.write("qrels.tsv", "1 0 10 1");
        files.write("triples.tsv", "q\tp\tn");
        files.write("ids.tsv", "1\t10\t11");
        files.write("hard.jsonl", "{\"qid\": 1, \"pos\": [10], \"neg\": {\"bm25\": [12], \"own\": [11]}}");
        files.write("kd.jsonl", "{\"query\": \"q\", \"docs\": [\"a\", \"b\"], \"scores\": [1, 2]}");
        files.write("nce.jsonl", "{\"query\": \"q\", \"pos\": \"a\", \"negs\": [\"b\"]}");
        files.write("a.json", "{\"1\": {\"10\": 4, \"11\": 0, \"12\": 2}}");
        files.write("b.json", "{\"1\": {\"10\": 9, \"11\": 8, \"12\": 10}}");
    }

    private OpenedData open(String json) throws IOException {
        return DataSpec.of(new JsonMapper().readTree(json)).open(folder, folder.resolve("stores"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'format':'triples','file':'triples.tsv','group':2}|n",
                "{'format':'id-triples','file':'ids.tsv','queries':'queries.tsv','documents':'documents.tsv','group':2}|elf",
                "{'format':'hard-negatives','file':'hard.jsonl','systems':['own'],'queries':'queries.tsv',"
                        + "'documents':'documents.tsv','group':2}|elf",
                "{'format':'judged','beir':'.','qrels':'qrels.tsv','group':2}|elf",
                "{'format':'judged','queries':'queries.tsv','documents':'documents.tsv','repair':'latin1-as-utf8',"
                        + "'qrels':'qrels.tsv','negatives':'mined','file':'hard.jsonl','systems':['bm25'],'group':2}|zw\u00f6lf",
                "{'format':'kd','file':'kd.jsonl','group':2}|b",
                "{'format':'kd','file':'kd.jsonl','bestFirst':true,'group':2}|a",
                "{'format':'info-nce','file':'nce.jsonl','group':3,'shortage':'repeat'}|b"
            })
    void everyFormatIsOpened(String json, String negative) throws IOException {
        try (OpenedData data = open(json.replace('\'', '"'))) {
            ExampleStream stream = data.start(1);
            TrainingExample example = stream.next();
            assertThat(example.candidates().get(1).text()).isEqualTo(negative);
            assertThat(data.resume(stream.cursor()).next().positive()).isEqualTo(example.positive());
        }
    }

    @Test
    void teachersAreJoinedAndMapped() throws IOException {
        try (OpenedData data = open("""
                {"format": "judged", "queries": "queries.tsv", "documents": "documents.tsv", "qrels": "qrels.tsv",
                 "negatives": "scored", "scores": ["a.json", "b.json"], "scoreMean": 0, "scoreDeviation": 1, "group": 3}
                """)) {
            TrainingExample example = data.start(1).next();
            // 10: (1 + 1/2) / 2 = .75; 11: 0; 12: (1/2 + 1) / 2 = .75. Mean .5, deviation .3536.
            assertThat(example.scores().getFirst()).isBetween(0.7070f, 0.7072f);
            assertThat(example.scores()).anySatisfy(score -> assertThat(score).isBetween(-1.4143f, -1.4142f));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'format':'tsv','group':2}|data.format is 'tsv'",
                "{'format':'triples','group':2}|data.file is missing",
                "{'format':'triples','file':'triples.tsv','group':0}|the group size is 0",
                "{'format':'triples','file':'triples.tsv','grup':2}|grup",
                "{'format':'judged','beir':'.','group':2}|data.qrels is missing",
                "{'format':'judged','beir':'.','qrels':'qrels.tsv','negatives':'scored','group':2}|data.scores is missing",
                "{'format':'judged','beir':'.','qrels':'qrels.tsv','negatives':'x','group':2}|[scored, mined, any]",
                "{'format':'triples','file':'triples.tsv','group':2,'scoreMean':1}|go together",
                "{'format':'triples','file':'triples.tsv','group':2,'shortage':'x'}|[SKIP, REPEAT]",
                "{'format':'id-triples','file':'ids.tsv','group':2}|data.queries is missing"
            })
    void whatIsWrongIsNamed(String json, String message) {
        assertThatThrownBy(() -> open(json.replace('\'', '"')))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
