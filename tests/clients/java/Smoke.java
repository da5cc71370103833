// The AWS SDK for Java, version 2, against an endpoint: java Smoke URL. Ends with "ok".

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.*;
// And not java.lang.Record.
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsClient;

public class Smoke {
    static final String TABLE = "java-" + System.currentTimeMillis();

    public static void main(String[] arguments) throws Exception {
        URI url = URI.create(arguments[0]);
        boolean streams = Boolean.parseBoolean(arguments[1]);
        try (DynamoDbClient client = client(url, "secret")) {
            create(client, streams);
            items(client);
            pages(client);
            transactions(client);
            statements(client);
            asynchronous(url);
            if (streams) {
                records(client, url);
            }
            try (DynamoDbClient stranger = client(url, "wrong")) {
                DynamoDbException refused = refusal(
                    () -> stranger.deleteTable(request -> request.tableName(TABLE)));
                same("InvalidSignatureException", refused.awsErrorDetails().errorCode());
            }
            client.deleteTable(request -> request.tableName(TABLE));
            client.waiter().waitUntilTableNotExists(request -> request.tableName(TABLE));
        }
        System.out.println("ok");
    }

    static StaticCredentialsProvider keys(String secret) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create("AK", secret));
    }

    static DynamoDbClient client(URI url, String secret) {
        return DynamoDbClient.builder().endpointOverride(url).region(Region.EU_CENTRAL_1)
            .credentialsProvider(keys(secret)).build();
    }

    static void create(DynamoDbClient client, boolean streams) {
        client.createTable(request -> {
            request.tableName(TABLE).billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(
                    AttributeDefinition.builder().attributeName("pk").attributeType("S").build(),
                    AttributeDefinition.builder().attributeName("sk").attributeType("N").build())
                .keySchema(
                    KeySchemaElement.builder().attributeName("pk").keyType("HASH").build(),
                    KeySchemaElement.builder().attributeName("sk").keyType("RANGE").build());
            if (streams) {
                request.streamSpecification(specification -> specification.streamEnabled(true)
                    .streamViewType(StreamViewType.NEW_IMAGE));
            }
        });
        client.waiter().waitUntilTableExists(request -> request.tableName(TABLE));
    }

    static void items(DynamoDbClient client) {
        Map<String, AttributeValue> item = Map.of(
            "pk", text("a"), "sk", number(1), "text", text("Grüße, 世界"),
            "list", AttributeValue.fromL(List.of(number(1), AttributeValue.fromBool(true))),
            "map", AttributeValue.fromM(Map.of("deep", AttributeValue.fromNul(true))),
            "set", AttributeValue.fromSs(List.of("x", "y")),
            "bytes", AttributeValue.fromB(SdkBytes.fromByteArray(new byte[] {0, 1, -1})));
        client.putItem(request -> request.tableName(TABLE).item(item));
        same(item, client.getItem(request -> request.tableName(TABLE).key(key("a", 1))
            .consistentRead(true)).item());
        UpdateItemResponse updated = client.updateItem(request -> request.tableName(TABLE)
            .key(key("a", 1)).returnValues(ReturnValue.UPDATED_NEW)
            .updateExpression("ADD visits :one SET #t = :text")
            .expressionAttributeNames(Map.of("#t", "text"))
            .expressionAttributeValues(Map.of(":one", number(1), ":text", text("new"))));
        same(Map.of("visits", number(1), "text", text("new")), updated.attributes());
        DynamoDbException refused = refusal(() -> client.putItem(request -> request
            .tableName(TABLE).item(key("a", 1)).conditionExpression("attribute_not_exists(pk)")));
        same(ConditionalCheckFailedException.class, refused.getClass());
        same("The conditional request failed", refused.awsErrorDetails().errorMessage());
    }

    static void pages(DynamoDbClient client) {
        List<WriteRequest> puts = new ArrayList<>();
        for (int n = 0; n < 25; n++) {
            Map<String, AttributeValue> item = Map.of(
                "pk", text("many"), "sk", number(n), "padding", text("x".repeat(60_000)));
            puts.add(WriteRequest.builder().putRequest(put -> put.item(item)).build());
        }
        client.batchWriteItem(request -> request.requestItems(Map.of(TABLE, puts)));
        int pages = 0;
        int count = 0;
        for (QueryResponse page : client.queryPaginator(request -> request.tableName(TABLE)
                .keyConditionExpression("pk = :pk")
                .expressionAttributeValues(Map.of(":pk", text("many"))))) {
            pages += 1;
            count += page.count();
        }
        same(List.of(2, 25), List.of(pages, count));
    }

    static void transactions(DynamoDbClient client) {
        TransactWriteItem put = TransactWriteItem.builder()
            .put(one -> one.tableName(TABLE).item(key("t", 1))).build();
        TransactWriteItem check = TransactWriteItem.builder()
            .conditionCheck(one -> one.tableName(TABLE).key(key("a", 1))
                .conditionExpression("visits = :v")
                .expressionAttributeValues(Map.of(":v", number(2)))).build();
        TransactionCanceledException canceled = (TransactionCanceledException) refusal(
            () -> client.transactWriteItems(request -> request.transactItems(put, check)));
        same(List.of("None", "ConditionalCheckFailed"),
            canceled.cancellationReasons().stream().map(CancellationReason::code).toList());
        client.transactWriteItems(request -> request.transactItems(put));
        TransactGetItem get = TransactGetItem.builder()
            .get(one -> one.tableName(TABLE).key(key("t", 1))).build();
        same(key("t", 1), client.transactGetItems(request -> request.transactItems(get))
            .responses().get(0).item());
    }

    static void statements(DynamoDbClient client) {
        same(List.of(Map.of("visits", number(1))), client.executeStatement(request -> request
            .statement("SELECT visits FROM \"" + TABLE + "\" WHERE pk = ? AND sk = ?")
            .parameters(text("a"), number(1))).items());
    }

    // Its client is Netty's, which keeps connections and sends in its own way.
    static void asynchronous(URI url) {
        try (DynamoDbAsyncClient client = DynamoDbAsyncClient.builder().endpointOverride(url)
                .region(Region.EU_CENTRAL_1).credentialsProvider(keys("secret")).build()) {
            var answers = new ArrayList<java.util.concurrent.CompletableFuture<GetItemResponse>>();
            for (int n = 0; n < 25; n++) {
                Map<String, AttributeValue> key = key("many", n);
                answers.add(client.getItem(request -> request.tableName(TABLE).key(key)));
            }
            for (int n = 0; n < 25; n++) {
                same(number(n), answers.get(n).join().item().get("sk"));
            }
        }
    }

    static void records(DynamoDbClient client, URI url) throws Exception {
        String arn = client.describeTable(request -> request.tableName(TABLE)).table()
            .latestStreamArn();
        try (DynamoDbStreamsClient streams = DynamoDbStreamsClient.builder().endpointOverride(url)
                .region(Region.EU_CENTRAL_1).credentialsProvider(keys("secret")).build()) {
            List<Record> found = new ArrayList<>();
            long end = System.nanoTime() + 30_000_000_000L;
            // Of "a" an INSERT and a MODIFY, of the others an INSERT each.
            while (found.size() < 28) {
                require(System.nanoTime() < end, "only " + found.size() + " records");
                Thread.sleep(50);
                found.clear();
                for (Shard shard : streams.describeStream(request -> request.streamArn(arn))
                        .streamDescription().shards()) {
                    String place = streams.getShardIterator(request -> request.streamArn(arn)
                        .shardId(shard.shardId())
                        .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
                    GetRecordsResponse page;
                    do {
                        String at = place;
                        page = streams.getRecords(request -> request.shardIterator(at));
                        found.addAll(page.records());
                        place = page.nextShardIterator();
                    } while (!page.records().isEmpty() && place != null);
                }
            }
            same(28, found.size());
            List<String> ofA = found.stream()
                .filter(record -> record.dynamodb().keys().get("pk").equals(text("a")))
                .sorted(Comparator.comparing(record -> record.dynamodb().sequenceNumber()))
                .map(record -> record.eventNameAsString()).toList();
            same(List.of("INSERT", "MODIFY"), ofA);
        }
    }

    static Map<String, AttributeValue> key(String pk, int sk) {
        return Map.of("pk", text(pk), "sk", number(sk));
    }

    static AttributeValue text(String value) {
        return AttributeValue.fromS(value);
    }

    static AttributeValue number(int value) {
        return AttributeValue.fromN(Integer.toString(value));
    }

    static DynamoDbException refusal(Runnable request) {
        try {
            request.run();
        } catch (DynamoDbException refused) {
            return refused;
        }
        throw new AssertionError("it was not refused");
    }

    static void same(Object expected, Object found) {
        require(Objects.equals(expected, found), "expected " + expected + ", found " + found);
    }

    static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
