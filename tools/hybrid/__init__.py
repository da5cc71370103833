"""DynamoDB Local plays AWS, dynaspan on Cassandra plays on-premises, and a trigger calls the real
replication handler in a process of its own. `python -m tools.hybrid` for people.
"""
