"""Records of a DynamoDB stream applied to a table of a store: see README.md."""
