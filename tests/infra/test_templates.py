"""Templates of all stages: what they hold, and that AWS's own rules find nothing in them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.endpoints import interface_endpoints
from infra.stages import read_stage
from tests.infra.conftest import ROOT, Assembly

CONTEXT = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
STAGES = ("dev", "staging", "prod", "hybrid")
_DIGEST = re.compile(r"(?<=CurrentVersion).*")
SNAPSHOTS = Path(__file__).parent / "snapshots"


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    """All statements of policies of roles, inline or apart."""
    found: list[dict[str, Any]] = []
    for one in template["Resources"].values():
        properties = one.get("Properties", {})
        documents = [properties["PolicyDocument"]] if one["Type"] == "AWS::IAM::Policy" else []
        documents += [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        found += [statement for document in documents for statement in document["Statement"]]
    return found


# A logical id that changes replaces the resource, with all that it holds. Rewritten when
# UPDATE_SNAPSHOTS is set.
@pytest.mark.parametrize("stage", STAGES)
def test_resources_keep_their_ids(assembly: Assembly, stage: str) -> None:
    found = {
        # The id of a version has the digest of the code in it.
        part: sorted(
            f"{one['Type']} {_DIGEST.sub('', name)}" for name, one in template["Resources"].items()
        )
        for part, template in assembly.templates(stage).items()
    }
    file = SNAPSHOTS / f"{stage}.json"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(file.read_text())


_WITHOUT_REASONS = """
import sys
from pathlib import Path
import infra.constructs.reasons as reasons
reasons.acknowledge = lambda *_: None
from infra.deployment import synthesize
synthesize(Path.cwd(), Path(sys.argv[1]))
"""


# CDK Nag runs in every synth: one that is not told why a finding stands fails.
def test_a_finding_without_reason_ends_synth(tmp_path: Path, bundles: Path) -> None:
    context = json.dumps({"stage": "dev", "bundles": str(bundles)})
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_REASONS, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "CDK_CONTEXT_JSON": context},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    report = json.loads((tmp_path / "validation-report.json").read_text())
    found = {violation["ruleName"] for violation in report["pluginReports"][0]["violations"]}
    assert {"AwsSolutions-S1", "AwsSolutions-IAM5[Resource::*]"} <= found


def lint(*templates: Path) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).parent / "cfn-lint"
    # W3005: CDK names dependencies that references imply. W3010: subnets are in zones by name.
    ignored = ("--ignore-checks", "W3005", "W3010", "--")
    return subprocess.run(
        [command, *ignored, *templates], capture_output=True, text=True, check=False
    )


def test_cloudformation_takes_the_templates(assembly: Assembly) -> None:
    done = lint(*sorted(assembly.folder.glob("*.template.json")))
    assert (done.returncode, done.stdout) == (0, "")


# Or the test above could pass without looking.
def test_a_wrong_template_is_noticed(assembly: Assembly, tmp_path: Path) -> None:
    template = assembly.templates("dev")["data"]
    template["Resources"]["Wrong"] = {"Type": "AWS::S3::Bucket", "Properties": {"Colour": 1}}
    (tmp_path / "x.template.json").write_text(json.dumps(template))
    assert "Colour" in lint(tmp_path / "x.template.json").stdout


@pytest.mark.parametrize("stage", STAGES)
def test_signatures_are_verified_everywhere(assembly: Assembly, stage: str) -> None:
    templates = assembly.templates(stage).values()
    text = json.dumps(list(templates))
    assert "DYNASPAN_INSECURE" not in text
    for part in ("service", "function", "jobs"):
        for task in (
            assembly.resources(stage, part, "AWS::ECS::TaskDefinition")
            if part in assembly.templates(stage)
            else []
        ):
            server = next(c for c in task["ContainerDefinitions"] if c["Name"] == "dynaspan")
            settings = {one["Name"]: one["Value"] for one in server["Environment"]}
            assert settings["DYNASPAN_AUTH"] == "enforce"
            assert settings["DYNASPAN_ACCESS_KEYS_SECRET"]
            assert server["ReadonlyRootFilesystem"] is True


def test_the_internet_is_served_by_https_only(assembly: Assembly) -> None:
    listeners = assembly.resources("prod", "service", "AWS::ElasticLoadBalancingV2::Listener")
    by_port = {listener["Port"]: listener for listener in listeners}
    assert by_port[443]["Protocol"] == "HTTPS"
    assert by_port[80]["DefaultActions"][0]["Type"] == "redirect"
    (firewall,) = assembly.resources("prod", "service", "AWS::WAFv2::WebACLAssociation")
    assert "WebACLArn" in firewall


def test_a_deployment_that_fails_is_rolled_back(assembly: Assembly) -> None:
    (service,) = assembly.resources("prod", "service", "AWS::ECS::Service")
    breaker = service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]
    assert breaker == {"Enable": True, "Rollback": True}
    assert service["NetworkConfiguration"]["AwsvpcConfiguration"]["AssignPublicIp"] == "DISABLED"


def test_requests_cpu_and_latency_scale(assembly: Assembly) -> None:
    policies = assembly.resources("prod", "service", "AWS::ApplicationAutoScaling::ScalingPolicy")
    tracked = {
        policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"][
            "PredefinedMetricType"
        ]
        for policy in policies
        if policy["PolicyType"] == "TargetTrackingScaling"
    }
    assert tracked == {"ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"}
    steps = [p for p in policies if p["PolicyType"] == "StepScaling"]
    assert [
        [one["ScalingAdjustment"] for one in p["StepScalingPolicyConfiguration"]["StepAdjustments"]]
        for p in steps
    ] == [[1, 3]]
    (alarm,) = assembly.resources("prod", "service", "AWS::CloudWatch::Alarm")
    assert (alarm["MetricName"], alarm["ExtendedStatistic"]) == ("TargetResponseTime", "p99")
    assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (0.25, 3)
    (limits,) = assembly.resources("prod", "service", "AWS::ApplicationAutoScaling::ScalableTarget")
    assert (limits["MinCapacity"], limits["MaxCapacity"]) == (3, 30)


@pytest.mark.parametrize("stage", STAGES)
def test_requests_and_containers_are_observed(assembly: Assembly, stage: str) -> None:
    parts = assembly.templates(stage)
    clusters = [c for p in parts for c in assembly.resources(stage, p, "AWS::ECS::Cluster")]
    assert clusters
    for cluster in clusters:
        assert {"Name": "containerInsights", "Value": "enhanced"} in cluster["ClusterSettings"]
    kind = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    balancers = [one for part in parts for one in assembly.resources(stage, part, kind)]
    assert balancers
    for balancer in balancers:
        attributes = {one["Key"]: one["Value"] for one in balancer["LoadBalancerAttributes"]}
        assert attributes["access_logs.s3.enabled"] == "true"
        protected = attributes["deletion_protection.enabled"]
        assert protected == ("false" if stage == "dev" else "true")


def test_requests_under_way_end_before_a_task_does(assembly: Assembly) -> None:
    (group,) = assembly.resources("prod", "service", "AWS::ElasticLoadBalancingV2::TargetGroup")
    attributes = {one["Key"]: one["Value"] for one in group["TargetGroupAttributes"]}
    (task,) = assembly.resources("prod", "service", "AWS::ECS::TaskDefinition")
    server = task["ContainerDefinitions"][0]
    settings = {one["Name"]: one["Value"] for one in server["Environment"]}
    delay = int(attributes["deregistration_delay.timeout_seconds"])
    # drain_timeout is 25 s by default.
    assert float(settings["DYNASPAN_DRAIN_DELAY"]) + 25 < server["StopTimeout"]
    assert delay <= float(settings["DYNASPAN_DRAIN_DELAY"])
    assert group["HealthCheckPath"] == "/readyz"


@pytest.mark.parametrize("stage", STAGES)
def test_no_role_has_all_rights(assembly: Assembly, stage: str) -> None:
    for template in assembly.templates(stage).values():
        for statement in statements(template):
            actions = statement["Action"]
            actions = [actions] if isinstance(actions, str) else actions
            assert not [action for action in actions if action in ("*", "cassandra:*", "s3:*")]
            if statement["Resource"] == "*":
                # What is of no resource, or of one that is not made yet.
                kinds = {action.split(":")[0] for action in actions}
                assert kinds <= {"ec2", "ecr", "logs", "dynamodb", "xray"}, statement
                assert [action for action in actions if action.startswith("dynamodb")] in (
                    [],
                    ["dynamodb:ListStreams"],
                )


def test_servers_reach_their_keyspaces_only(assembly: Assembly) -> None:
    found = [
        statement
        for statement in statements(assembly.templates("prod")["service"])
        if any("cassandra:" in action for action in listed(statement["Action"]))
    ]
    written = [s for s in found if "cassandra:Modify" in listed(s["Action"])]
    places = json.dumps([s["Resource"] for s in written])
    assert "/keyspace/dynaspan/table/*" in places
    assert "/keyspace/system" not in places
    # What CloudFormation has made servers neither make nor drop.
    for statement in found:
        if "_catalog" in json.dumps(statement["Resource"]):
            actions = set(listed(statement["Action"]))
            assert "cassandra:Drop" not in actions
            made = "cassandra:Create" in actions
            assert json.dumps(statement["Resource"]).endswith('_catalog/table/tables"]]}') is made
            assert actions <= {"cassandra:Select", "cassandra:Modify", "cassandra:Create"}


# Each costs money in each zone; one that is missing shows as a timeout in a private subnet.
@pytest.mark.parametrize("stage", STAGES)
def test_endpoints_are_those_that_something_asks_for(assembly: Assembly, stage: str) -> None:
    found = {
        endpoint["ServiceName"].rpartition("eu-west-1.")[2]: endpoint
        for endpoint in assembly.resources(stage, "network", "AWS::EC2::VPCEndpoint")
        if endpoint["VpcEndpointType"] == "Interface"
    }
    gateways = [
        endpoint
        for endpoint in assembly.resources(stage, "network", "AWS::EC2::VPCEndpoint")
        if endpoint["VpcEndpointType"] == "Gateway"
    ]
    names = {json.dumps(endpoint["ServiceName"]).rpartition(".")[2][:2] for endpoint in gateways}
    assert names == {"s3", "dy"}
    zones = len(assembly.resources(stage, "network", "AWS::EC2::Subnet")) // 2 or 2
    assert {len(endpoint["RouteTableIds"]) for endpoint in gateways} == {zones}
    texts = {part: json.dumps(one) for part, one in assembly.templates(stage).items()}
    tasks = any("AWS::ECS::TaskDefinition" in text for text in texts.values())
    wanted = {"secretsmanager": True, "ecr.api": tasks, "ecr.dkr": tasks, "logs": tasks}
    wanted["cassandra"] = "AWS::Cassandra::Keyspace" in texts["data"]
    assert found.keys() == {name for name, yes in wanted.items() if yes}
    told = dict(
        re.findall(
            r"^\| `([\w.]+)` \| .* \| (.*) \|$", (ROOT / "infra" / "README.md").read_text(), re.M
        )
    )
    for name, reason in interface_endpoints(read_stage(stage, CONTEXT[stage])).items():
        assert told[name] == reason


def listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize(("stage", "kept"), [("dev", "Delete"), ("prod", "Retain")])
def test_data_outlives_its_stack_where_it_matters(
    assembly: Assembly, stage: str, kept: str
) -> None:
    template = assembly.templates(stage)["data"]["Resources"].values()
    policies = {one["DeletionPolicy"] for one in template if "Keyspace" in one["Type"]}
    assert policies == {kept}
    manifest = json.loads((assembly.folder / "manifest.json").read_text())["artifacts"]
    protected = manifest[f"dynaspan-{stage}-data"]["properties"]["terminationProtection"]
    assert protected is (kept == "Retain")


def test_snap_start_and_provisioned_concurrency_are_of_the_alias(assembly: Assembly) -> None:
    (function,) = [
        one
        for one in assembly.resources("dev", "function", "AWS::Lambda::Function")
        if one.get("Handler") == "dynaspan.lambda_handler.handler"
    ]
    assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert function["Architectures"] == ["arm64"]
    (alias,) = assembly.resources("prod", "function", "AWS::Lambda::Alias")
    assert alias["ProvisionedConcurrencyConfig"]["ProvisionedConcurrentExecutions"] == 5


# Where it is off nothing imports X-Ray's SDK, and no right is given for it.
@pytest.mark.parametrize("stage", STAGES)
def test_functions_are_traced_where_the_stage_says_so(assembly: Assembly, stage: str) -> None:
    traced = bool(CONTEXT[stage].get("tracing"))
    assert {stage for stage in STAGES if CONTEXT[stage].get("tracing")} == {"staging", "prod"}
    for part, template in assembly.templates(stage).items():
        functions = [
            one
            for one in assembly.resources(stage, part, "AWS::Lambda::Function")
            if str(one.get("Handler")).startswith("dynaspan.")
        ]
        for function in functions:
            mode = function.get("TracingConfig", {}).get("Mode")
            disabled = function["Environment"]["Variables"].get("POWERTOOLS_TRACE_DISABLED")
            assert (mode, disabled) == (("Active", None) if traced else (None, "true"))
        rights = {
            action
            for statement in statements(template)
            for action in listed(statement["Action"])
            if action.startswith("xray:")
        }
        wanted = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
        assert rights == (wanted if traced and functions else set())


def test_a_poison_record_does_not_block_its_shard(assembly: Assembly) -> None:
    (mapping,) = assembly.resources("hybrid", "replication", "AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 10
    assert mapping["MaximumRecordAgeInSeconds"] == 21_600
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]


# A lookup would need credentials, and write what it found into cdk.context.json.
def test_an_existing_vpc_is_not_looked_up(assembly: Assembly) -> None:
    assert not assembly.resources("hybrid", "network", "AWS::EC2::VPC")
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert "missing" not in manifest


@pytest.mark.parametrize("stage", STAGES)
def test_everything_is_tagged(assembly: Assembly, stage: str) -> None:
    manifest = json.loads((assembly.folder / "manifest.json").read_text())["artifacts"]
    for part in assembly.templates(stage):
        tags = manifest[f"dynaspan-{stage}-{part}"]["properties"]["tags"]
        assert tags == {"project": "dynaspan", "stage": stage}


# Of an environment or a bundle in the image thousands of files would be copied at each synth.
def test_the_image_is_built_of_what_it_copies(assembly: Assembly) -> None:
    for asset in assembly.folder.glob("asset.*"):
        if (asset / "Dockerfile").exists():
            top = {path.name for path in asset.iterdir()}
            assert {"app", "pyproject.toml"} <= top
            assert not top & {".venv", "cdk.out", "build", "tests", ".git"}
            break
    else:
        pytest.fail("no asset with a Dockerfile")


@pytest.mark.parametrize("stage", STAGES)
def test_every_alarm_has_an_action_and_a_paragraph(assembly: Assembly, stage: str) -> None:
    paragraphs = dict(
        re.findall(r"^## (\w+)\n\n(\S.+)", (ROOT / "infra" / "RUNBOOK.md").read_text(), re.M)
    )
    template = assembly.templates(stage)["observability"]["Resources"].values()
    alarms = [
        one["Properties"]
        for one in template
        if one["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    ]
    assert alarms
    for alarm in alarms:
        name = alarm["AlarmDescription"].removeprefix("infra/RUNBOOK.md, ")
        assert alarm["AlarmActions"], name
        assert name in paragraphs


# A paragraph of an alarm that is no more sends people to look for it.
def test_every_paragraph_has_an_alarm(assembly: Assembly) -> None:
    text = (ROOT / "infra" / "RUNBOOK.md").read_text()
    told = json.dumps([assembly.templates(stage)["observability"] for stage in STAGES])
    unknown = [n for n in re.findall(r"^## (\w+)$", text, re.M) if f'RUNBOOK.md, {n}"' not in told]
    assert unknown == []
