"""What AWS Lambda's event source mapping does, for any endpoint of the DynamoDB Streams API."""
