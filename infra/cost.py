"""`make cost`: what each stage costs a month before any request, by list prices in us-east-1.

Requests, storage, provisioned capacity of tables, logs, metrics and traffic come on top. Prices
change and differ by region: each has its page. Those of Fargate are as of March 2026; the others
have no date and are to be looked up before they are relied on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from infra.endpoints import interface_endpoints
from infra.stages import Stage, read_stages

ROOT = Path(__file__).resolve().parent.parent
_HOURS = 730
# Dollars an hour. https://aws.amazon.com/fargate/pricing/
_VCPU = {"x86_64": 0.04048, "arm64": 0.03238}
_GIB = {"x86_64": 0.004445, "arm64": 0.00356}
# https://aws.amazon.com/elasticloadbalancing/pricing/
_BALANCER = 0.0225
# https://aws.amazon.com/privatelink/pricing/
_ENDPOINT = 0.01
# Dollars a GB-second: https://aws.amazon.com/lambda/pricing/
_PROVISIONED = {"x86_64": 0.0000041667, "arm64": 0.0000033334}
_EXECUTED = {"x86_64": 0.0000166667, "arm64": 0.0000133334}
# A month. https://aws.amazon.com/waf/pricing/
_FIREWALL = 5 + 2 * 1.0


def monthly(stage: Stage) -> Iterator[tuple[str, float]]:
    """What, and dollars for it."""
    existing = stage.network.existing
    if existing is None or not existing.endpoints:
        zones = stage.network.zones if existing is None else len(existing.availability_zones)
        count = len(interface_endpoints(stage))
        yield f"{count} endpoints in {zones} zones", count * zones * _ENDPOINT * _HOURS
    if (service := stage.service) is not None:
        task = _task(service.architecture, service.cpu, service.memory)
        yield f"{service.minimum} tasks at least", service.minimum * task
        yield f"  up to {service.maximum}", (service.maximum - service.minimum) * task
        yield "load balancer", _BALANCER * _HOURS
        if service.waf:
            yield "firewall", _FIREWALL
    if (function := stage.function) is not None:
        if function.provisioned:
            size = function.provisioned * function.memory / 1024
            price = _PROVISIONED[function.architecture] * size * 3600 * _HOURS
            yield f"{function.provisioned} provisioned executions", price
        if function.front == "alb":
            yield "load balancer of the function", _BALANCER * _HOURS
    if stage.jobs == "service":
        yield "jobs", _task("arm64" if service is None else service.architecture, 256, 512)
    elif stage.jobs == "schedule":
        architecture = "arm64" if function is None else function.architecture
        # 55 s of each minute, at 1 GB.
        yield "jobs by schedule", _EXECUTED[architecture] * 3600 * _HOURS * 55 / 60


def _task(architecture: str, cpu: int, memory: int) -> float:
    return (cpu / 1024 * _VCPU[architecture] + memory / 1024 * _GIB[architecture]) * _HOURS


def main() -> None:
    print("List prices of us-east-1, not all of them dated: see infra/cost.py.")
    for stage in read_stages(json.loads((ROOT / "cdk.json").read_text())["context"]):
        lines = list(monthly(stage))
        least = sum(price for what, price in lines if not what.startswith("  "))
        print(f"{stage.name}: {least:,.0f} USD a month")
        for what, price in lines:
            print(f"  {what:<32}{price:9,.2f}")


if __name__ == "__main__":
    main()
