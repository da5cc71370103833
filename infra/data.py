"""Data: keyspaces on Amazon Keyspaces, or the way to a Cassandra elsewhere; the access keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_cdk import CfnTag, SecretValue, Stack
from aws_cdk import aws_cassandra as cassandra
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.constructs.reasons import acknowledge
from infra.constructs.removal import removal
from infra.stages import Keyspaces, Stage

CA_FOLDER = "/etc/dynaspan"
FIRST_KEY = "DYNASPANFIRSTKEY"
_PASSWORD = "DYNASPAN_CASSANDRA_PASSWORD"


class DataStack(Stack):
    """`access_keys` (one ID:SECRET on each line), `url` of the store, `secrets` it needs.

    Tables are made by the servers, which alone know their form; the keyspaces are made here.
    """

    def __init__(self, scope: Construct, id: str, *, stage: Stage, **more: Any) -> None:
        super().__init__(scope, id, **more)
        self._store = stage.store
        first = secrets.Secret(
            self,
            "FirstKey",
            description="Secret part of the access key that the first deployment starts with",
            generate_secret_string=secrets.SecretStringGenerator(
                exclude_punctuation=True, password_length=40
            ),
            removal_policy=removal(stage),
        )
        self.access_keys = secrets.Secret(
            self,
            "AccessKeys",
            description="Access keys of dynaspan, one ID:SECRET on each line",
            secret_string_value=SecretValue.unsafe_plain_text(
                f"{FIRST_KEY}:{first.secret_value.unsafe_unwrap()}"
            ),
            removal_policy=removal(stage),
        )
        for secret in (first, self.access_keys):
            acknowledge(
                secret,
                "SMG4",
                "Clients hold these keys too: who changes them changes both, as README.md tells.",
            )
        self.secrets: Mapping[str, secrets.ISecret] = {}
        self.ca: secrets.ISecret | None = None
        if isinstance(stage.store, Keyspaces):
            for name in (stage.store.keyspace, stage.store.keyspace + "_catalog"):
                made = cassandra.CfnKeyspace(
                    self,
                    "Keyspace" + name.title().replace("_", ""),
                    keyspace_name=name,
                    tags=[CfnTag(key="dynaspan:stage", value=stage.name)],
                )
                made.apply_removal_policy(removal(stage))
            return
        self.secrets = {
            _PASSWORD: secrets.Secret.from_secret_complete_arn(
                self, "Password", stage.store.secret_arn
            )
        }
        if stage.store.ca_secret_arn is not None:
            self.ca = secrets.Secret.from_secret_complete_arn(self, "Ca", stage.store.ca_secret_arn)

    def url(self, ca_folder: str = CA_FOLDER) -> str:
        """The store's URL, where the certificates of `ca` are in ca.pem of `ca_folder`."""
        store = self._store
        if isinstance(store, Keyspaces):
            recovery = str(store.recovery).lower()
            return (
                f"keyspaces://{self.region}?keyspace={store.keyspace}"
                f"&sessions={store.sessions}&recovery={recovery}"
            )
        points = ",".join(store.contact_points)
        ca = "" if self.ca is None else f"&ca={ca_folder}/ca.pem"
        return (
            f"cassandra://{quote(store.user)}@{points}:{store.port}/?local_dc={store.local_dc}"
            f"&keyspace={store.keyspace}&replication={store.replication}"
            f"&password_env={_PASSWORD}{ca}"
        )

    def settings(self, stage: Stage) -> dict[str, str]:
        """Settings that are the same wherever dynaspan runs."""
        return {
            "DYNASPAN_AUTH": stage.auth,
            "DYNASPAN_REGION": self.region,
            "DYNASPAN_ACCOUNT_ID": self.account,
            "DYNASPAN_LOG_FORMAT": "json",
            # By name: as a variable they could be on one line only.
            "DYNASPAN_ACCESS_KEYS_SECRET": self.access_keys.secret_arn,
        }

    def function_environment(self, stage: Stage) -> dict[str, str]:
        """Of a Lambda function; its code has the certificates beside it."""
        # dynaspan takes the password from a variable; Lambda keeps those encrypted.
        passwords = {
            name: SecretValue.secrets_manager(secret.secret_arn).unsafe_unwrap()
            for name, secret in self.secrets.items()
        }
        return {
            **self.settings(stage),
            **passwords,
            "DYNASPAN_STORE": self.url("/var/task"),
        }

    def grant(self, role: iam.Role) -> None:
        """To read the access keys, and what dynaspan does on Keyspaces; a Cassandra has users of
        its own."""
        self.access_keys.grant_read(role)
        store = self._store
        if not isinstance(store, Keyspaces):
            return
        resource = f"arn:{self.partition}:cassandra:{self.region}:{self.account}:/keyspace/"
        names = (store.keyspace, store.keyspace + "_catalog")
        own = [resource + name + part for name in names for part in ("/", "/table/*")]
        system = [resource + "system*"]
        allowed = ("Select", "Modify", "Create", "Alter", "Drop", "TagResource")
        for actions, resources in ((allowed, own), (("Select",), system)):
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=[f"cassandra:{action}" for action in actions], resources=resources
                )
            )
        # By these Keyspaces tells each address of its endpoint in system.peers, and a session
        # connects to all of them.
        # https://docs.aws.amazon.com/keyspaces/latest/devguide/vpc-endpoints.html
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["ec2:DescribeNetworkInterfaces", "ec2:DescribeVpcEndpoints"],
                resources=["*"],
            )
        )
        acknowledge(role, "IAM5[Resource::*]", "EC2 describes all or nothing.")
        for resource in (own[1], own[3], *system):
            finding = resource.replace(self.partition, "<AWS::Partition>")
            acknowledge(
                role,
                f"IAM5[Resource::{finding}]",
                "Tables have names that servers give them; system tables tell which there are.",
            )
