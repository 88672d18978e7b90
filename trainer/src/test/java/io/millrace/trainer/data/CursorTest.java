package io.millrace.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CursorTest {
    @Test
    void isTheSameAfterJson() {
        Cursor cursor = new Cursor(Long.MIN_VALUE, 3, 1L << 40, "ab\"c");
        assertThat(Cursor.fromJson(cursor.toJson())).isEqualTo(cursor);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{}",
                "[1,2]",
                "{\"seed\":1,\"epoch\":0,\"position\":0}",
                "{\"seed\":1,\"epoch\":0,\"position\":0,\"source\":null}",
                "{\"seed\":1,\"epoch\":\"0\",\"position\":0,\"source\":\"a\"}",
                "{\"seed\":1,\"epoch\":0,\"position\":-1,\"source\":\"a\"}",
                "{\"seed\":1,\"epoch\":0,\"position\":0,\"source\":\"a\",\"more\":1}",
                "{\"seed\":1,\"epoch\":0,\"position\":99999999999999999999,\"source\":\"a\"}"
            })
    void refusesWhatIsNoCursor(String json) {
        assertThatThrownBy(() -> Cursor.fromJson(json)).isInstanceOf(IllegalArgumentException.class);
    }
}
