"""dynaspan: the DynamoDB API on Apache Cassandra, Amazon Keyspaces or SQLite."""

__version__ = "0.1.0"
