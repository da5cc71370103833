"""Network: the VPC, its endpoints, and who may talk to whom."""

from __future__ import annotations

from typing import Any

from aws_cdk import Fn, Stack
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.constructs.removal import log_group
from infra.endpoints import interface_endpoints
from infra.stages import Keyspaces, Stage

_PRIVATE = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
_CQL = 9142


class NetworkStack(Stack):
    """`vpc` of `cidr`, its `private` subnets, and security groups for what runs there."""

    def __init__(self, scope: Construct, id: str, *, stage: Stage, **more: Any) -> None:
        super().__init__(scope, id, **more)
        self._stage = stage
        self.vpc: ec2.IVpc
        existing = stage.network.existing
        if existing is None:
            self.vpc = self._new(stage)
            self.cidr = str(stage.network.cidr)
        else:
            self.vpc = ec2.Vpc.from_vpc_attributes(
                self,
                "Vpc",
                vpc_id=existing.vpc_id,
                vpc_cidr_block=existing.cidr,
                availability_zones=list(existing.availability_zones),
                isolated_subnet_ids=list(existing.private_subnet_ids),
                isolated_subnet_route_table_ids=list(existing.private_route_table_ids) or None,
                public_subnet_ids=list(existing.public_subnet_ids) or None,
            )
            self.cidr = existing.cidr
        self.private = _PRIVATE
        if existing is None or not existing.endpoints:
            self._endpoints(stage)

    @property
    def availability_zones(self) -> list[str]:
        """By number: CDK would look into the account for their names."""
        return [Fn.select(number, Fn.get_azs()) for number in range(self._stage.network.zones)]

    def _new(self, stage: Stage) -> ec2.Vpc:
        """Without NAT gateway: what runs here reaches the endpoints below, and nothing else."""
        subnets = [
            ec2.SubnetConfiguration(
                name="private", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=20
            ),
            ec2.SubnetConfiguration(
                name="public",
                subnet_type=ec2.SubnetType.PUBLIC,
                cidr_mask=24,
                map_public_ip_on_launch=False,
            ),
        ]
        vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(str(stage.network.cidr)),
            max_azs=stage.network.zones,
            nat_gateways=0,
            subnet_configuration=subnets,
            restrict_default_security_group=False,
        )
        group = log_group(self, "FlowLogs", stage)
        vpc.add_flow_log(
            "Flows",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        return vpc

    def group(self, scope: Construct, id: str, description: str) -> ec2.SecurityGroup:
        """In the stack of `scope`, which may add rules; what it lets out is the store and AWS."""
        made = ec2.SecurityGroup(
            scope, id, vpc=self.vpc, description=description, allow_all_outbound=False
        )
        # Gateway endpoints keep the addresses of S3 and DynamoDB: no narrower rule fits them.
        made.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "AWS services")
        store = self._stage.store
        if isinstance(store, Keyspaces):
            made.add_egress_rule(
                ec2.Peer.ipv4(self.cidr), ec2.Port.tcp(_CQL), "Endpoint of Amazon Keyspaces"
            )
            return made
        for block in store.cidrs:
            made.add_egress_rule(
                ec2.Peer.ipv4(block), ec2.Port.tcp(store.port), "Nodes of Cassandra"
            )
        return made

    def _endpoints(self, stage: Stage) -> None:
        inward = ec2.SecurityGroup(
            self,
            "Endpoints",
            vpc=self.vpc,
            description="Interface endpoints",
            allow_all_outbound=False,
        )
        own = ec2.Peer.ipv4(self.cidr)
        inward.add_ingress_rule(own, ec2.Port.tcp(443), "From the VPC")
        if isinstance(stage.store, Keyspaces):
            inward.add_ingress_rule(own, ec2.Port.tcp(_CQL), "CQL from the VPC")
        for name in interface_endpoints(stage):
            ec2.InterfaceVpcEndpoint(
                self,
                "Endpoint-" + name.replace(".", "-"),
                vpc=self.vpc,
                service=ec2.InterfaceVpcEndpointService(
                    f"com.amazonaws.{self.region}.{name}", _CQL if name == "cassandra" else 443
                ),
                subnets=_PRIVATE,
                private_dns_enabled=True,
                security_groups=[inward],
                open=False,
            )
        for name, service in (
            ("S3", ec2.GatewayVpcEndpointAwsService.S3),
            ("DynamoDB", ec2.GatewayVpcEndpointAwsService.DYNAMODB),
        ):
            self.vpc.add_gateway_endpoint(f"Endpoint-{name}", service=service, subnets=[_PRIVATE])
