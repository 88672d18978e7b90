package io.millrace.coordinator;

import io.grpc.StatusRuntimeException;
import io.millrace.coordinator.catalog.CollectionCatalog;
import io.millrace.coordinator.catalog.IndexServers;
import io.millrace.coordinator.catalog.Slots;
import io.millrace.service.Refusals;
import io.millrace.v1.Collection;
import io.millrace.v1.Document;
import io.millrace.v1.GetDocumentRequest;
import io.millrace.v1.GetDocumentResponse;
import io.millrace.v1.Member;
import io.millrace.v1.ShardGetRequest;
import io.millrace.v1.ShardGetResponse;
import io.millrace.v1.StatsRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Fetches stored documents from the shard they belong to, and asks index servers how they are. */
record DocumentLookup(CollectionCatalog catalog, IndexServers servers, Duration timeout) {
    GetDocumentResponse get(GetDocumentRequest request) {
        Collection collection = catalog.require(request.getCollection());
        int shard = Slots.shardOf(request.getId(), collection.getShardsCount());
        ShardGetResponse found = servers.blocking(collection.getShards(shard).getServer(), timeout)
                .getDocument(ShardGetRequest.newBuilder()
                        .setShard(CollectionCatalog.shardRef(collection, shard))
                        .setId(request.getId())
                        .setIncludeVector(request.getIncludeVector())
                        .build());
        GetDocumentResponse.Builder response = GetDocumentResponse.newBuilder()
                .setDocument(Document.newBuilder().setId(request.getId()).setSource(found.getSource()))
                .setStamp(found.getStamp());
        if (found.hasVector()) {
            response.setVector(found.getVector());
        }
        return response.build();
    }

    List<Member> members() {
        List<Member> members = new ArrayList<>();
        for (int server = 0; server < servers.size(); server++) {
            Member.Builder member = Member.newBuilder().setRole("index-server").setAddress(servers.address(server));
            try {
                int shards = servers.blocking(server, Duration.ofSeconds(2))
                        .stats(StatsRequest.getDefaultInstance())
                        .getShardsCount();
                member.setReachable(true).setDetail(shards + " shards");
            } catch (StatusRuntimeException e) {
                member.setDetail(Refusals.inOneLine(e.getStatus()));
            }
            members.add(member.build());
        }
        return members;
    }
}
