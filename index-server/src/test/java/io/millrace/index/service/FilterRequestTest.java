package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.put;
import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.search;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.DocumentSource;
import io.millrace.v1.FieldEquals;
import io.millrace.v1.FieldExists;
import io.millrace.v1.FieldIn;
import io.millrace.v1.FieldRange;
import io.millrace.v1.Filter;
import io.millrace.v1.FilterList;
import io.millrace.v1.NumberRange;
import io.millrace.v1.ShardHit;
import io.millrace.v1.TextRange;
import io.millrace.v1.WriteRequest;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Filters over gRPC: every kind finds what it says, and each that says nothing is refused with the field at fault. */
class FilterRequestTest {
    @TempDir
    private Path directory;

    private IndexClient client;

    @BeforeEach
    void start() {
        client = new IndexClient(directory).withShard();
    }

    @AfterEach
    void stop() {
        client.close();
    }

    @Test
    void everyKindFindsWhatItSays() {
        write(1, "year", "1999");
        write(2, "year", "2010.0");
        write(3, "year", "unknown");
        write(4, "other", "1999");
        assertThat(found(equal("year", "1999"))).containsExactly("doc-1");
        assertThat(found(negated(equal("year", "1999")))).containsExactly("doc-2", "doc-3", "doc-4");
        assertThat(found(in("year", List.of("1999", "unknown")))).containsExactly("doc-1", "doc-3");
        assertThat(found(exists("year"))).containsExactly("doc-1", "doc-2", "doc-3");
        assertThat(found(numbers(NumberRange.newBuilder().setAtLeast(1999)))).containsExactly("doc-1", "doc-2");
        assertThat(found(numbers(NumberRange.newBuilder().setAbove(1999)))).containsExactly("doc-2");
        assertThat(found(numbers(NumberRange.newBuilder().setAtLeast(2010).setAtMost(2010))))
                .containsExactly("doc-2");
        assertThat(found(numbers(NumberRange.newBuilder().setBelow(2010)))).containsExactly("doc-1");
        assertThat(found(texts(TextRange.newBuilder().setAbove("2")))).containsExactly("doc-2", "doc-3");
        assertThat(found(texts(TextRange.newBuilder().setAtLeast("1999").setBelow("2010.0"))))
                .containsExactly("doc-1");
        assertThat(found(texts(TextRange.newBuilder().setAtMost("2010.0")))).containsExactly("doc-1", "doc-2");
        assertThat(found(all(exists("year"), negated(equal("year", "unknown")))))
                .containsExactly("doc-1", "doc-2");
        assertThat(found(any(equal("other", "1999"), equal("year", "unknown")))).containsExactly("doc-3", "doc-4");
        assertThat(client.call().search(search(7).build()).getHitsCount()).isEqualTo(4);
    }

    @Test
    void filtersWithoutAMeaningAreRefused() {
        refused(Filter.getDefaultInstance(), "filter: is empty");
        refused(all(), "filter.all.filters: is empty");
        refused(any(), "filter.any.filters: is empty");
        refused(negated(Filter.getDefaultInstance()), "filter.negated: is empty");
        refused(all(exists("a"), any(exists(""))), "filter.all.filters[1].any.filters[0].exists.field: is empty");
        refused(equal("", "x"), "filter.equals.field: is empty");
        refused(in("", List.of("x")), "filter.in.field: is empty");
        refused(in("a", List.of()), "filter.in.values: is empty");
        refused(Filter.newBuilder().setRange(FieldRange.newBuilder()).build(), "filter.range.field: is empty");
        refused(
                Filter.newBuilder()
                        .setRange(FieldRange.newBuilder().setField("a"))
                        .build(),
                "filter.range: has no bound");
        refused(numbers(NumberRange.newBuilder()), "filter.range.numbers: has no bound");
        refused(texts(TextRange.newBuilder()), "filter.range.texts: has no bound");
        for (double bound : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            refused(numbers(NumberRange.newBuilder().setAtLeast(bound)), "numbers.at_least: is " + bound);
            refused(numbers(NumberRange.newBuilder().setAbove(bound)), "numbers.above: is " + bound);
            refused(numbers(NumberRange.newBuilder().setAtLeast(1).setAtMost(bound)), "numbers.at_most: is " + bound);
            refused(numbers(NumberRange.newBuilder().setBelow(bound)), "numbers.below: is " + bound);
        }
    }

    @Test
    void filtersBeyondTheLimitsAreRefusedAndThoseAtThemAnswered() {
        refused(nested(17), "lies 17 filters deep; the limit is 16");
        assertThat(found(nested(16))).isEmpty();
        refused(any(Collections.nCopies(1_024, exists("a")).toArray(Filter[]::new)), "more than 1024 filters");
        assertThat(found(any(Collections.nCopies(1_023, exists("a")).toArray(Filter[]::new))))
                .isEmpty();
        refused(in("a", Collections.nCopies(10_001, "x")), "filter.in.values: brings the values", "10000");
        refused(all(in("a", Collections.nCopies(10_000, "x")), equal("a", "y")), "filters[1].equals.value", "10001");
        assertThat(found(in("a", Collections.nCopies(10_000, "x")))).isEmpty();
        refused(equal("a", "x".repeat(256 << 10)), "filter: has ", "the limit is 262144");
        // Deeper than a message may be: refused before it is one.
        assertThatThrownBy(() -> found(nested(500))).isInstanceOf(StatusRuntimeException.class);
        assertThat(found(exists("a"))).as("the server goes on").isEmpty();
    }

    @Test
    void metadataBeyondTheLimitsIsRefused() {
        DocumentSource.Builder many = DocumentSource.newBuilder();
        for (int i = 0; i < 65; i++) {
            many.putMetadata("field" + i, "");
        }
        refusedSource(many, "operations[0].put.metadata: has 65 entries");
        refusedSource(
                DocumentSource.newBuilder().putMetadata("field", "x".repeat(16 << 10)),
                "and 16389 bytes; the limits are 64 and 16384");
    }

    private void refusedSource(DocumentSource.Builder source, String... parts) {
        WriteRequest.Builder request = puts(1, vector(7, 1f));
        request.getOperationsBuilder(0).setPut(source);
        refused(() -> client.call().write(request.build()), parts);
    }

    private void write(int number, String field, String value) {
        WriteRequest.Builder request = puts(number, vector(7, 10 - number));
        request.setOperations(
                0,
                put(number, "doc-" + number)
                        .setPut(DocumentSource.newBuilder().setText("text").putMetadata(field, value)));
        client.call().write(request.build());
    }

    private List<String> found(Filter filter) {
        return client.call().search(search(7).setFilter(filter).build()).getHitsList().stream()
                .map(ShardHit::getId)
                .toList();
    }

    private void refused(Filter filter, String... parts) {
        refused(() -> found(filter), parts);
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(e.getStatus().getDescription()).contains(parts);
        });
    }

    private static Filter nested(int depth) {
        Filter filter = exists("a");
        for (int i = 1; i < depth; i++) {
            filter = i % 2 == 0 ? negated(filter) : all(filter);
        }
        return filter;
    }

    private static Filter all(Filter... filters) {
        return Filter.newBuilder().setAll(list(filters)).build();
    }

    private static Filter any(Filter... filters) {
        return Filter.newBuilder().setAny(list(filters)).build();
    }

    private static FilterList list(Filter... filters) {
        return FilterList.newBuilder().addAllFilters(List.of(filters)).build();
    }

    private static Filter negated(Filter filter) {
        return Filter.newBuilder().setNegated(filter).build();
    }

    private static Filter equal(String field, String value) {
        return Filter.newBuilder()
                .setEquals(FieldEquals.newBuilder().setField(field).setValue(value))
                .build();
    }

    private static Filter in(String field, List<String> values) {
        return Filter.newBuilder()
                .setIn(FieldIn.newBuilder().setField(field).addAllValues(values))
                .build();
    }

    private static Filter exists(String field) {
        return Filter.newBuilder()
                .setExists(FieldExists.newBuilder().setField(field))
                .build();
    }

    private static Filter numbers(NumberRange.Builder range) {
        return Filter.newBuilder()
                .setRange(FieldRange.newBuilder().setField("year").setNumbers(range))
                .build();
    }

    private static Filter texts(TextRange.Builder range) {
        return Filter.newBuilder()
                .setRange(FieldRange.newBuilder().setField("year").setTexts(range))
                .build();
    }
}
