"""Data: keyspaces on Amazon Keyspaces, or the way to a Cassandra elsewhere; the access keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_cdk import CfnTag, SecretValue, Stack
from aws_cdk import aws_cassandra as cassandra
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.constructs.catalog import Catalog
from infra.constructs.reasons import acknowledge
from infra.constructs.removal import removal
from infra.stages import Keyspaces, Stage

CA_FOLDER = "/etc/dynaspan"
FIRST_KEY = "DYNASPANFIRSTKEY"
_PASSWORD = "DYNASPAN_CASSANDRA_PASSWORD"


class DataStack(Stack):
    """`access_keys` (one ID:SECRET on each line), `url` of the store, `secrets` it needs.

    The keyspaces and the tables of the catalog are made here; those of users by the servers, which
    alone know of them.
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
        self._key: kms.Key | None = None
        if isinstance(stage.store, Keyspaces):
            self._keyspaces(stage, stage.store)
            return
        self.secrets = {
            _PASSWORD: secrets.Secret.from_secret_complete_arn(
                self, "Password", stage.store.secret_arn
            )
        }
        if stage.store.ca_secret_arn is not None:
            self.ca = secrets.Secret.from_secret_complete_arn(self, "Ca", stage.store.ca_secret_arn)

    def _keyspaces(self, stage: Stage, store: Keyspaces) -> None:
        if store.own_key:
            self._key = kms.Key(
                self,
                "TablesKey",
                description="Tables of dynaspan on Amazon Keyspaces",
                enable_key_rotation=True,
                removal_policy=removal(stage),
            )
        made = {}
        for name in (store.keyspace, store.keyspace + "_catalog"):
            made[name] = cassandra.CfnKeyspace(
                self,
                "Keyspace" + name.title().replace("_", ""),
                keyspace_name=name,
                tags=[CfnTag(key="dynaspan:stage", value=stage.name)],
            )
            made[name].apply_removal_policy(removal(stage))
        catalog = made[store.keyspace + "_catalog"]
        Catalog(self, "Catalog", stage=stage, store=store, keyspace=catalog, key=self._key)

    def url(self, ca_folder: str = CA_FOLDER) -> str:
        """The store's URL, where the certificates of `ca` are in ca.pem of `ca_folder`."""
        store = self._store
        if isinstance(store, Keyspaces):
            recovery = str(store.recovery).lower()
            key = "" if self._key is None else f"&key={self._key.key_arn}"
            return (
                f"keyspaces://{self.region}?keyspace={store.keyspace}"
                f"&sessions={store.sessions}&recovery={recovery}{key}"
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
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkeyspacesforapachecassandra.html
        place = f"arn:{self.partition}:cassandra:{self.region}:{self.account}:/keyspace/"
        users, catalog = place + store.keyspace, place + store.keyspace + "_catalog"
        rights = {
            f"{users}/table/*": ("Select", "Modify", "Create", "Drop"),
            f"{catalog}/table/*": ("Select", "Modify"),
            # The one that CloudFormation cannot make.
            f"{catalog}/table/tables": ("Create",),
            f"{place}system*": ("Select",),
        }
        for resource, actions in rights.items():
            role.add_to_policy(
                iam.PolicyStatement(
                    actions=[f"cassandra:{action}" for action in actions], resources=[resource]
                )
            )
        if self._key is not None:
            self._grant_key(role, self._key)
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
        for resource in rights:
            if not resource.endswith("*"):
                continue
            finding = resource.replace(self.partition, "<AWS::Partition>")
            acknowledge(
                role,
                f"IAM5[Resource::{finding}]",
                "Tables have names that servers give them; system tables tell which there are.",
            )

    def _grant_key(self, role: iam.Role, key: kms.Key) -> None:
        """To make tables with it, and no other use of it.

        https://docs.aws.amazon.com/keyspaces/latest/devguide/encryption.customermanaged.html
        """
        names = ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo", "GenerateDataKey")
        more = ("GenerateDataKeyWithoutPlaintext", "DescribeKey", "CreateGrant")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"kms:{name}" for name in (*names, *more)],
                resources=[key.key_arn],
                conditions={
                    "StringEquals": {"kms:ViaService": f"cassandra.{self.region}.amazonaws.com"}
                },
            )
        )
