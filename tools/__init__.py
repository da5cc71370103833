"""Tools of the repository: local databases, the test stages. Nothing here is shipped."""
