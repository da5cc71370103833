"""Stages as data: what the context of cdk.json says, checked before anything is built.

Every fault is a `WrongStage` of one sentence that names the parameter.
"""

from __future__ import annotations

import ipaddress
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import Any, Literal

Architecture = Literal["arm64", "x86_64"]


class WrongStage(Exception):
    """A parameter that is missing, unknown or contradicts another one."""


@dataclass(frozen=True, slots=True)
class ExistingVpc:
    """A VPC by its attributes; nothing is looked up, so that synth needs no credentials.

    endpoints: whether it has the endpoints of README.md already, or a NAT gateway. Otherwise they
    are made; those of S3 and DynamoDB go into private_route_table_ids, one for each private subnet.
    """

    vpc_id: str
    cidr: str
    availability_zones: tuple[str, ...]
    private_subnet_ids: tuple[str, ...]
    private_route_table_ids: tuple[str, ...] = ()
    public_subnet_ids: tuple[str, ...] = ()
    endpoints: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """Either a new VPC of `cidr`, or an `existing` one."""

    cidr: str | None = None
    zones: int = 2
    existing: ExistingVpc | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """Units a second, of reads and of writes, between which a table scales, and at what use."""

    minimum: int
    maximum: int
    percent: int = 70


@dataclass(frozen=True, slots=True)
class Keyspaces:
    """own_key: tables are encrypted by a key of the account, not by one of AWS's. catalog:
    provisioned capacity of each of its tables; without it they are on demand, as all others."""

    keyspace: str = "dynaspan"
    recovery: bool = True
    sessions: int = 3
    own_key: bool = False
    catalog: Capacity | None = None


@dataclass(frozen=True, slots=True)
class Cassandra:
    """A cluster reached over VPN or Direct Connect.

    cidrs: where its nodes are. secret_arn: a Secrets Manager secret whose text is the password.
    ca_secret_arn: one whose text is the PEM certificates that sign those of the nodes.
    """

    contact_points: tuple[str, ...]
    cidrs: tuple[str, ...]
    local_dc: str
    user: str
    secret_arn: str
    ca_secret_arn: str | None = None
    keyspace: str = "dynaspan"
    replication: str = "auto"
    port: int = 9042


@dataclass(frozen=True, slots=True)
class Service:
    """ECS tasks behind a load balancer.

    cpu and memory in ECS units and MiB. image: URI; without it Dockerfile is built at deploy.
    requests: for each target in a minute, which scaling holds. p99: seconds, beyond which it adds.
    """

    certificate_arn: str | None = None
    internet_facing: bool = False
    clients: tuple[str, ...] = ()
    architecture: Architecture = "arm64"
    cpu: int = 1024
    memory: int = 2048
    minimum: int = 2
    maximum: int = 10
    requests: int = 60_000
    cpu_percent: int = 60
    p99: float = 0.25
    waf: bool = False
    image: str | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """The same application as a Lambda function; memory in MB, timeout in seconds."""

    front: Literal["alb", "http-api", "url"]
    certificate_arn: str | None = None
    internet_facing: bool = False
    clients: tuple[str, ...] = ()
    architecture: Architecture = "arm64"
    memory: int = 1769
    timeout: int = 29
    snap_start: bool = False
    provisioned: int = 0
    reserved: int | None = None


@dataclass(frozen=True, slots=True)
class Replication:
    """From a DynamoDB stream to a table here; age and window in seconds."""

    stream_arn: str
    target_table: str
    architecture: Architecture = "arm64"
    batch: int = 100
    window: int = 1
    parallelization: int = 4
    retries: int = 10
    age: int = 21_600


@dataclass(frozen=True, slots=True)
class Stage:
    """retain: data, keys and logs outlive the stacks, and stacks cannot be deleted by mistake.

    tracing: AWS X-Ray traces the functions.
    """

    name: str
    account: str
    region: str
    network: Network
    store: Keyspaces | Cassandra
    service: Service | None = None
    function: Function | None = None
    replication: Replication | None = None
    jobs: Literal["service", "schedule", "none"] = "none"
    auth: Literal["enforce", "warn", "off"] = "enforce"
    retain: bool = True
    log_days: int = 30
    tracing: bool = False
    alarm_email: str | None = None


def read_stages(context: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The stages that the context asks for: that of `stage`, or all. Raises WrongStage."""
    known = context.get("stages")
    if not isinstance(known, Mapping) or not known:
        raise WrongStage("stages is missing from the context of cdk.json.")
    wanted = context.get("stage")
    if wanted is not None and wanted not in known:
        raise WrongStage(f"stage {wanted!r} is none of {', '.join(known)}.")
    image = context.get("image")
    return tuple(
        read_stage(name, _with_image(values, image))
        for name, values in known.items()
        if wanted in (None, name)
    )


def read_stage(name: str, values: Mapping[str, Any]) -> Stage:
    """Raises WrongStage."""
    chosen = dict(values)
    stores = [kind for kind in ("keyspaces", "cassandra") if kind in chosen]
    if len(stores) != 1:
        raise WrongStage(f"{name}: exactly one of keyspaces and cassandra is to be given.")
    kind = {"keyspaces": Keyspaces, "cassandra": Cassandra}[stores[0]]
    chosen["store"] = _build(kind, chosen.pop(stores[0]), f"{name}.{stores[0]}")
    stage: Stage = _build(Stage, {"name": name, **chosen}, name)
    for fault in _faults(stage):
        raise WrongStage(f"{name}: {fault}.")
    return stage


def _with_image(values: Mapping[str, Any], image: str | None) -> Mapping[str, Any]:
    if image is None or "service" not in values:
        return values
    return {**values, "service": {**values["service"], "image": image}}


def _build(kind: type[Any], values: Any, path: str) -> Any:
    if not isinstance(values, Mapping):
        raise WrongStage(f"{path} is an object, not {values!r}.")
    hints = typing.get_type_hints(kind)
    for name in values:
        if name not in hints:
            raise WrongStage(f"{path}.{name} is no parameter.")
    for field in fields(kind):
        if field.name not in values and field.default is MISSING:
            raise WrongStage(f"{path}.{field.name} is missing.")
    return kind(**{k: _value(hints[k], v, f"{path}.{k}") for k, v in values.items()})


def _value(hint: Any, value: Any, path: str) -> Any:
    """`value` as the type of its field, which is one of those above."""
    origin, options = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in options:
            return None
        if isinstance(value, options):
            return value
        return _value(next(o for o in options if o is not type(None)), value, path)
    if origin is Literal:
        if value not in options:
            raise WrongStage(f"{path} is one of {', '.join(options)}, not {value!r}.")
        return value
    if origin is tuple:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise WrongStage(f"{path} is a list of strings, not {value!r}.")
        return tuple(value)
    if is_dataclass(hint):
        return _build(typing.cast("type[Any]", hint), value, path)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise WrongStage(f"{path} is of type {hint.__name__}, not {value!r}.")
    return value


# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
_FARGATE_GIB = {256: (0.5, 2), 512: (1, 4), 1024: (2, 8), 2048: (4, 16), 4096: (8, 30)}


def _faults(stage: Stage) -> typing.Iterator[str]:
    if not re.fullmatch(r"\d{12}", stage.account):
        yield f"account is twelve digits, not {stage.account!r}"
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", stage.region):
        yield f"region {stage.region!r} is no name of a region"
    yield from _network_faults(stage.network)
    if stage.service is None and stage.function is None:
        yield "service or function is to be given, or nothing would answer requests"
    if stage.jobs == "none" and stage.service is None:
        yield "jobs is needed where no service runs: expired items would stay"
    if stage.service is not None:
        yield from _service_faults(stage.service)
    if stage.function is not None:
        yield from _function_faults(stage.function)
    for name, door in (("service", stage.service), ("function", stage.function)):
        if door is not None:
            yield from _door_faults(name, door, stage)
    if isinstance(stage.store, Cassandra):
        yield from _cassandra_faults(stage.store)
    else:
        yield from _keyspaces_faults(stage.store)
    if stage.replication is not None and isinstance(stage.store, Keyspaces):
        yield "replication needs cassandra, as keyspaces has no transactions"
    if stage.replication is not None and not 1 <= stage.replication.parallelization <= 10:
        yield "replication.parallelization is 1 to 10"


def _network_faults(network: Network) -> typing.Iterator[str]:
    if (network.cidr is None) == (network.existing is None):
        yield "exactly one of network.cidr and network.existing is to be given"
    existing = network.existing
    inherited = None if existing is None else existing.cidr
    for name, block in (("cidr", network.cidr), ("existing.cidr", inherited)):
        if block is not None and not _is_block(block):
            yield f"network.{name} {block!r} is no block of IPv4 addresses"
    if existing is not None:
        zones = len(existing.availability_zones)
        if zones < 2 or len(existing.private_subnet_ids) != zones:
            yield "network.existing.private_subnet_ids has one for each of at least two zones"
        routes = len(existing.private_route_table_ids)
        if routes != (0 if existing.endpoints else zones):
            yield (
                "network.existing.private_route_table_ids has one for each of private_subnet_ids, "
                "or none where network.existing.endpoints is true"
            )
        if existing.public_subnet_ids and len(existing.public_subnet_ids) != zones:
            yield "network.existing.public_subnet_ids has one for each zone, or none"
    elif not 2 <= network.zones <= 3:
        yield "network.zones is 2 or 3"


def _service_faults(service: Service) -> typing.Iterator[str]:
    if not 1 <= service.minimum <= service.maximum:
        yield "service.minimum is at least 1 and at most service.maximum"
    if service.cpu not in _FARGATE_GIB:
        yield f"service.cpu is one of {', '.join(map(str, _FARGATE_GIB))}"
    else:
        least, most = _FARGATE_GIB[service.cpu]
        if not least * 1024 <= service.memory <= most * 1024:
            yield f"service.memory is {least} to {most} GiB where service.cpu is {service.cpu}"


def _function_faults(function: Function) -> typing.Iterator[str]:
    if function.snap_start and function.provisioned:
        yield "function.snap_start and function.provisioned exclude each other"
    if function.reserved is not None and function.provisioned > function.reserved:
        yield "function.provisioned is at most function.reserved"
    # API Gateway gives up after 30 s.
    if not 1 <= function.timeout <= (29 if function.front == "http-api" else 900):
        yield "function.timeout is 1 to 900, and at most 29 behind function.front http-api"
    if function.front != "alb" and not function.internet_facing:
        yield f"function.internet_facing is true, as function.front {function.front} is"
    if function.front != "alb" and function.certificate_arn is not None:
        yield f"function.certificate_arn has no effect with function.front {function.front}"


def _door_faults(name: str, door: Service | Function, stage: Stage) -> typing.Iterator[str]:
    balanced = not isinstance(door, Function) or door.front == "alb"
    if door.internet_facing and stage.auth != "enforce":
        yield f"auth is enforce where {name}.internet_facing is true, not {stage.auth}"
    if balanced and door.internet_facing and door.certificate_arn is None:
        yield f"{name}.certificate_arn is needed where {name}.internet_facing is true"
    existing = stage.network.existing
    if balanced and door.internet_facing and existing and not existing.public_subnet_ids:
        yield f"network.existing.public_subnet_ids is needed for {name}.internet_facing"
    for block in door.clients:
        if not _is_block(block):
            yield f"{name}.clients: {block!r} is no block of IPv4 addresses"


def _cassandra_faults(store: Cassandra) -> typing.Iterator[str]:
    if not store.contact_points:
        yield "cassandra.contact_points is empty"
    if not store.cidrs or not all(map(_is_block, store.cidrs)):
        yield "cassandra.cidrs has the blocks of IPv4 addresses where the nodes are"


def _keyspaces_faults(store: Keyspaces) -> typing.Iterator[str]:
    capacity = store.catalog
    if capacity is None:
        return
    if not 1 <= capacity.minimum <= capacity.maximum:
        yield "keyspaces.catalog.minimum is at least 1 and at most keyspaces.catalog.maximum"
    # https://docs.aws.amazon.com/keyspaces/latest/devguide/autoscaling.html
    if not 20 <= capacity.percent <= 90:
        yield "keyspaces.catalog.percent is 20 to 90"


def _is_block(text: str) -> bool:
    try:
        ipaddress.IPv4Network(text)
    except ValueError:
        return False
    return True
