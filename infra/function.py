"""Lambda: the same application behind a load balancer, an HTTP API or a function URL."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_elasticloadbalancingv2_targets as targets
from aws_cdk import aws_lambda as functions
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.balancer import Balancer
from infra.constructs.code import Code
from infra.constructs.reasons import acknowledge
from infra.constructs.removal import log_group
from infra.data import DataStack
from infra.network import NetworkStack
from infra.stages import Function, Stage

_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "ip": "$context.identity.sourceIp",
    "time": "$context.requestTime",
    "path": "$context.path",
    "status": "$context.status",
    "latency": "$context.responseLatency",
}


class FunctionStack(Stack):
    """`function`, its `log` group, and `live`, the alias that the front door calls."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        stage: Stage,
        wanted: Function,
        network: NetworkStack,
        data: DataStack,
        bundles: Path,
        **more: Any,
    ) -> None:
        super().__init__(scope, id, **more)
        code = Code(
            self,
            "Server",
            stage=stage,
            network=network,
            data=data,
            bundles=bundles,
            architecture=wanted.architecture,
            handler="dynaspan.lambda_handler.handler",
            memory=wanted.memory,
            timeout=wanted.timeout,
            settings={"DYNASPAN_INSECURE": "true"} if stage.auth == "off" else None,
            snap_start=wanted.snap_start,
            reserved=wanted.reserved,
        )
        self.function, self.log = code.function, code.log
        # SnapStart and provisioned concurrency are those of a version.
        self.live = functions.Alias(
            self,
            "Live",
            alias_name="live",
            version=self.function.current_version,
            provisioned_concurrent_executions=wanted.provisioned or None,
        )
        if wanted.front == "alb":
            url = self._behind_balancer(stage, wanted, network)
        elif wanted.front == "http-api":
            url = self._behind_api(stage)
        else:
            # Requests carry the signatures of dynaspan's own keys, which it verifies.
            url = self.live.add_function_url(auth_type=functions.FunctionUrlAuthType.NONE).url
        CfnOutput(self, "Url", value=url)

    def _behind_balancer(self, stage: Stage, wanted: Function, network: NetworkStack) -> str:
        front = Balancer(
            self,
            "Front",
            stage=stage,
            vpc=network.vpc,
            cidr=network.cidr,
            clients=wanted.clients,
            internet_facing=wanted.internet_facing,
            certificate_arn=wanted.certificate_arn,
            firewall=False,
        )
        front.listener.add_targets(
            "Function", targets=[targets.LambdaTarget(self.live)]
        ).set_attribute("lambda.multi_value_headers.enabled", "true")
        scheme = "http" if wanted.certificate_arn is None else "https"
        return f"{scheme}://{front.balancer.load_balancer_dns_name}"

    def _behind_api(self, stage: Stage) -> str:
        api = gateway.HttpApi(
            self,
            "Api",
            api_name=f"dynaspan-{stage.name}",
            default_integration=HttpLambdaIntegration("Integration", self.live),
            create_default_stage=False,
        )
        lines = log_group(self, "ApiLog", stage)
        gateway.CfnStage(
            self,
            "ApiStage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=gateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=lines.log_group_arn, format=json.dumps(_ACCESS_LOG)
            ),
        )
        acknowledge(api, "APIG4", "dynaspan verifies the signature of every request itself.")
        return api.api_endpoint
