// The AWS SDK for JavaScript against an endpoint: node smoke.mjs URL. Ends with "ok".
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const [url, packages] = process.argv.slice(2);
const require = createRequire(`${packages}/`);
const { DynamoDBClient, CreateTableCommand, DeleteTableCommand, waitUntilTableExists } =
  require("@aws-sdk/client-dynamodb");
const { DynamoDBDocumentClient, PutCommand, GetCommand, UpdateCommand, QueryCommand,
  BatchWriteCommand, TransactWriteCommand, ScanCommand, ExecuteStatementCommand,
  paginateQuery } = require("@aws-sdk/lib-dynamodb");

const TableName = `js-${process.pid}-${Date.now()}`;
const client = new DynamoDBClient({
  endpoint: url,
  region: "eu-central-1",
  credentials: { accessKeyId: "AK", secretAccessKey: "secret" },
  maxAttempts: 1,
});
const documents = DynamoDBDocumentClient.from(client);
const send = (command) => documents.send(command);

await client.send(new CreateTableCommand({
  TableName,
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" }, { AttributeName: "sk", AttributeType: "N" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" }, { AttributeName: "sk", KeyType: "RANGE" },
  ],
  BillingMode: "PAY_PER_REQUEST",
}));
await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1 }, { TableName });

const item = {
  pk: "a", sk: 1, text: "Grüße, 世界", list: [1, [true, null]], map: { deep: { deeper: 0.5 } },
  set: new Set(["x", "y"]), bytes: new Uint8Array([0, 1, 255]),
};
await send(new PutCommand({ TableName, Item: item }));
const found = await send(new GetCommand({ TableName, Key: { pk: "a", sk: 1 } }));
assert.deepEqual(found.Item, item);

const updated = await send(new UpdateCommand({
  TableName, Key: { pk: "a", sk: 1 }, ReturnValues: "UPDATED_NEW",
  UpdateExpression: "ADD visits :one SET #t = :text",
  ExpressionAttributeNames: { "#t": "text" },
  ExpressionAttributeValues: { ":one": 1, ":text": "new" },
}));
assert.deepEqual(updated.Attributes, { visits: 1, text: "new" });

await assert.rejects(
  send(new PutCommand({
    TableName, Item: { pk: "a", sk: 1 }, ConditionExpression: "attribute_not_exists(pk)",
  })),
  { name: "ConditionalCheckFailedException", message: "The conditional request failed" },
);

await send(new BatchWriteCommand({ RequestItems: {
  [TableName]: Array.from({ length: 25 }, (_, n) => ({
    PutRequest: { Item: { pk: "many", sk: n, padding: "x".repeat(60_000) } },
  })),
} }));
let count = 0;
let pages = 0;
for await (const page of paginateQuery({ client: documents }, {
  TableName, KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": "many" },
})) {
  count += page.Count;
  pages += 1;
}
assert.equal(count, 25);
assert.equal(pages, 2);

const transaction = new TransactWriteCommand({ TransactItems: [
  { Put: { TableName, Item: { pk: "t", sk: 1 } } },
  { ConditionCheck: { TableName, Key: { pk: "a", sk: 1 }, ConditionExpression: "visits = :v",
    ExpressionAttributeValues: { ":v": 2 } } },
] });
await assert.rejects(send(transaction), (error) => {
  assert.equal(error.name, "TransactionCanceledException");
  assert.deepEqual(error.CancellationReasons.map((each) => each.Code),
    ["None", "ConditionalCheckFailed"]);
  return true;
});

const selected = await send(new ExecuteStatementCommand({
  Statement: `SELECT visits FROM "${TableName}" WHERE pk = ? AND sk = ?`, Parameters: ["a", 1],
}));
assert.deepEqual(selected.Items, [{ visits: 1 }]);
const scanned = await send(new ScanCommand({ TableName, Select: "COUNT" }));
assert.ok(scanned.Count > 0);

const stranger = new DynamoDBClient({
  endpoint: url, region: "eu-central-1", maxAttempts: 1,
  credentials: { accessKeyId: "AK", secretAccessKey: "wrong" },
});
await assert.rejects(stranger.send(new DeleteTableCommand({ TableName })),
  { name: "InvalidSignatureException" });
await client.send(new DeleteTableCommand({ TableName }));
console.log("ok");
