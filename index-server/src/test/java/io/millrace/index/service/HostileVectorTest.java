package io.millrace.index.service;

import static io.millrace.index.service.IndexClient.puts;
import static io.millrace.index.service.IndexClient.search;
import static io.millrace.index.service.IndexClient.vector;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.millrace.v1.StatsRequest;
import io.millrace.v1.VectorBlock;
import io.millrace.v1.WriteRequest;
import io.millrace.vector.SparseVector;
import io.millrace.vector.VectorBlockCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Vectors at the edge, in blocks written byte by byte, whose checksums are right: what breaks a rule is refused before anything
 * is stored, what keeps them all is stored and found, however odd.
 */
class HostileVectorTest {
    private static final float[] WEIGHTS = {
        Float.NaN,
        Float.intBitsToFloat(0xFFC0_0001),
        Float.intBitsToFloat(0x7F80_0001),
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        0f,
        -0f,
        -1f,
        -Float.MIN_VALUE,
        -Float.MAX_VALUE
    };

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
    void weightThatIsNoPositiveNumberIsRefusedInDocumentsAndQueries() {
        for (float weight : WEIGHTS) {
            for (int at = 0; at < 3; at++) {
                float[] weights = {1f, 1f, 1f};
                weights[at] = weight;
                refusedBlock(entries(new int[] {5, 1, 1}, weights), "finite and above 0", "weights[" + at + "]");
                io.millrace.v1.SparseVector.Builder query = io.millrace.v1.SparseVector.newBuilder();
                for (int i = 0; i < 3; i++) {
                    query.addIds(5 + i).addWeights(weights[i]);
                }
                refusedQuery(query, "finite and above 0", "weights[" + at + "]");
            }
        }
    }

    @Test
    void duplicateAndDescendingTermsAreRefused() {
        refusedBlock(entries(new int[] {5, 0}, new float[] {1f, 1f}), "ids must ascend strictly", "ids[1] = 5");
        // Differences add up to more than 32 bits: the next term would be a smaller one.
        refusedBlock(entries(new int[] {-1, 1}, new float[] {1f, 1f}), "above 2^32 - 1 at entry 1");
        refusedBlock(entries(new int[] {7, -1}, new float[] {1f, 1f}), "above 2^32 - 1 at entry 1");
        refusedQuery(query(9, 9), "ids must ascend strictly", "ids[1] = 9");
        refusedQuery(query(9, 3), "ids must ascend strictly", "ids[1] = 3");
        refusedQuery(query(-1, 0), "ids must ascend strictly", "ids[0] = 4294967295");
    }

    @Test
    void moreEntriesThanAnyTextHasAreRefused() {
        int entries = 100_000;
        int[] differences = new int[entries];
        float[] weights = new float[entries];
        io.millrace.v1.SparseVector.Builder query = io.millrace.v1.SparseVector.newBuilder();
        for (int i = 0; i < entries; i++) {
            differences[i] = 1;
            weights[i] = 1f;
            query.addIds(i).addWeights(1f);
        }
        refusedBlock(entries(differences, weights), "announces 100000 entries", "the limit is 65536");
        refusedQuery(query, "has 100000 entries; the limit is 65536");
    }

    @Test
    void announcedCountsAreNotBelieved() {
        for (int size : new int[] {2, 65_536, 65_537, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            refusedBlock(
                    payload(16).put((byte) 1).put(varint(size)).put((byte) 1).putFloat(1f),
                    "announces " + Integer.toUnsignedString(size) + " entries with 5 bytes left");
        }
        // A number of more than 32 bits, and one that does not end.
        refusedBlock(payload(16).put(new byte[] {1, -1, -1, -1, -1, 31}), "longer than 32 bits");
        refusedBlock(payload(16).put(new byte[] {1, -1, -1, -1, -1, -1, -1}), "longer than 32 bits");
        refusedBlock(entries(new int[] {7}, new float[] {1f}).put((byte) 0), "1 bytes after its 1 vectors");
        refusedBlock(payload(16).put((byte) 9), "format 9", "reads format 1");
        refusedBlock(payload(16), "cut short");
    }

    @Test
    void countsOfVectorsThatDoNotMatchAreRefusedWhateverTheirSize() {
        for (int count : new int[] {0, 2, 65_536, 65_537, Integer.MAX_VALUE, -1}) {
            WriteRequest.Builder request = puts(1, vector(7, 1f));
            request.getVectorsBuilder().setCount(count);
            refused(
                    () -> client.call().write(request.build()),
                    "vectors.count: is " + Integer.toUnsignedString(count) + " but 1 operations are puts");
        }
    }

    @Test
    void oneHostileVectorAmongGoodOnesKeepsAllOut() {
        WriteRequest.Builder request = puts(1, vector(7, 1f), vector(7, 1f), vector(7, 1f));
        byte[] bytes = request.getVectors().getPayload().toByteArray();
        // The last four bytes are the last weight.
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
        request.setVectors(block(bytes, 3));
        refused(() -> client.call().write(request.build()), "vectors.payload: vector 2: weights must be finite");
    }

    @Test
    void vectorsThatKeepTheRulesAreStoredHoweverOdd() {
        int[] most = new int[SparseVector.MAX_NON_ZEROS];
        float[] weights = new float[most.length];
        for (int i = 0; i < most.length; i++) {
            // Up to the last term there is: a shard knows no vocabulary.
            most[i] = i == most.length - 1 ? -1 : i;
            weights[i] = i % 2 == 0 ? Float.MIN_VALUE : 1f;
        }
        client.call()
                .write(puts(
                                1,
                                new SparseVector(most, weights),
                                vector(-1, Float.MAX_VALUE),
                                vector(0, Float.MIN_VALUE),
                                vector(Integer.MIN_VALUE, 1f),
                                SparseVector.EMPTY)
                        .build());
        assertThat(client.found(-1)).containsExactly("doc-2", "doc-1");
        assertThat(client.found(Integer.MIN_VALUE)).containsExactly("doc-4");
        assertThat(client.found(0)).containsExactly("doc-1", "doc-3");
        assertThat(client.found(123_456_789)).isEmpty();
        // The largest scores are no numbers any more, and still in order.
        io.millrace.v1.SparseVector.Builder largest =
                io.millrace.v1.SparseVector.newBuilder().addIds(-1).addWeights(Float.MAX_VALUE);
        assertThat(client.call().search(search().setQuery(largest).build()).getHitsList())
                .extracting(hit -> hit.getId() + " " + hit.getScore())
                .containsExactly("doc-2 Infinity", "doc-1 " + Float.MAX_VALUE);
        assertThat(documents()).isEqualTo(5);
    }

    private void refusedBlock(ByteBuffer payload, String... parts) {
        byte[] bytes = new byte[payload.position()];
        payload.flip().get(bytes);
        WriteRequest request =
                puts(1, vector(7, 1f)).setVectors(block(bytes, 1)).build();
        refused(() -> client.call().write(request), parts);
    }

    private void refusedQuery(io.millrace.v1.SparseVector.Builder query, String... parts) {
        refused(() -> client.call().search(search().setQuery(query).build()), parts);
    }

    private void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(e.getStatus().getDescription()).contains(parts);
        });
        assertThat(documents()).as("documents stored").isZero();
    }

    private long documents() {
        return client.call()
                .stats(StatsRequest.getDefaultInstance())
                .getShards(0)
                .getDocuments();
    }

    private static io.millrace.v1.SparseVector.Builder query(int... ids) {
        io.millrace.v1.SparseVector.Builder query = io.millrace.v1.SparseVector.newBuilder();
        for (int id : ids) {
            query.addIds(id).addWeights(1f);
        }
        return query;
    }

    private static VectorBlock block(byte[] payload, int count) {
        return VectorBlock.newBuilder()
                .setCount(count)
                .setPayload(ByteString.copyFrom(payload))
                .setCrc32C(VectorBlockCodec.crc32c(payload))
                .build();
    }

    /** A block of one vector, given the differences between its ids. */
    private static ByteBuffer entries(int[] differences, float[] weights) {
        ByteBuffer payload = payload(16 + 9 * differences.length).put((byte) 1).put(varint(differences.length));
        for (int difference : differences) {
            payload.put(varint(difference));
        }
        for (float weight : weights) {
            payload.putFloat(weight);
        }
        return payload;
    }

    private static ByteBuffer payload(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] varint(int value) {
        ByteBuffer out = ByteBuffer.allocate(5);
        int rest = value;
        while ((rest & ~0x7F) != 0) {
            out.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        out.put((byte) rest);
        byte[] bytes = new byte[out.position()];
        out.flip().get(bytes);
        return bytes;
    }
}
