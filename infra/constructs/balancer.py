"""An Application Load Balancer: HTTPS, access logs, and a firewall where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra.constructs.reasons import acknowledge
from infra.constructs.removal import removal
from infra.stages import Stage

_MANAGED = ("AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet")


class Balancer(Construct):
    """`balancer` and its `listener`, to which the caller adds targets."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        vpc: ec2.IVpc,
        cidr: str,
        clients: Sequence[str],
        internet_facing: bool,
        certificate_arn: str | None,
        firewall: bool,
    ) -> None:
        super().__init__(scope, id)
        self._stage = stage
        self.group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=vpc,
            description="Load balancer of dynaspan",
            allow_all_outbound=False,
        )
        kind = ec2.SubnetType.PUBLIC if internet_facing else ec2.SubnetType.PRIVATE_ISOLATED
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=vpc,
            internet_facing=internet_facing,
            vpc_subnets=ec2.SubnetSelection(subnet_type=kind),
            security_group=self.group,
            deletion_protection=stage.retain,
            drop_invalid_header_fields=True,
            idle_timeout=Duration.seconds(60),
        )
        self.balancer.log_access_logs(self._logs())
        https = certificate_arn is not None
        self.listener = self.balancer.add_listener(
            "Https" if https else "Http",
            port=443 if https else 80,
            open=False,
            protocol=(elb.ApplicationProtocol.HTTPS if https else elb.ApplicationProtocol.HTTP),
            certificates=(
                [acm.Certificate.from_certificate_arn(self, "Certificate", certificate_arn)]
                if certificate_arn is not None
                else None
            ),
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS if https else None,
        )
        if https:
            self.balancer.add_redirect(open=False)
        else:
            acknowledge(
                self.listener, "ELB2", "Reached from inside the VPC only; access logs are written."
            )
        blocks = clients or (("0.0.0.0/0",) if internet_facing else (cidr,))
        for block in blocks:
            for port in (443, 80) if https else (80,):
                self.group.add_ingress_rule(
                    ec2.Peer.ipv4(block), ec2.Port.tcp(port), "Clients of dynaspan"
                )
        if "0.0.0.0/0" in blocks:
            acknowledge(
                self.group, "EC23", "Serves the internet by HTTPS; every request must be signed."
            )
        if firewall:
            self._firewall()

    def _logs(self) -> s3.Bucket:
        bucket = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(self._stage.log_days))],
            # A bucket that holds logs cannot be deleted; it empties itself by its rule.
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(bucket, "S1", "It holds access logs itself.")
        return bucket

    def _firewall(self) -> None:
        def seen(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
            return waf.CfnWebACL.VisibilityConfigProperty(
                cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
            )

        rules = [
            waf.CfnWebACL.RuleProperty(
                name=name,
                priority=number,
                override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
                statement=waf.CfnWebACL.StatementProperty(
                    managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                        vendor_name="AWS", name=name
                    )
                ),
                visibility_config=seen(name),
            )
            for number, name in enumerate(_MANAGED)
        ]
        acl = waf.CfnWebACL(
            self,
            "Firewall",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=seen("dynaspan"),
        )
        acl.apply_removal_policy(removal(self._stage))
        waf.CfnWebACLAssociation(
            self,
            "FirewallOfBalancer",
            resource_arn=self.balancer.load_balancer_arn,
            web_acl_arn=acl.attr_arn,
        )
