"""`make cost`: what each stage costs a month before any request, by list prices.

    python -m infra.cost [--price NAME=DOLLARS ...]

Requests, storage, provisioned capacity of tables, logs, metrics, alarms, keys, secrets and traffic
come on top.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.endpoints import interface_endpoints
from infra.stages import Stage, read_stages

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
UNDATED = "undated"
_HOURS = 730


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one `unit`. `page` is AWS's own, which has no date and shows its prices only to
    browsers: `date` is that of `seen`, which tells the price of that page."""

    dollars: float
    unit: str
    page: str
    date: str
    seen: str


def _prices(
    page: str, date: str, seen: str, unit: str, **dollars: float
) -> Iterator[tuple[str, Price]]:
    for name, each in dollars.items():
        address = f"https://aws.amazon.com/{page}/pricing/"
        yield name, Price(each, unit, address, date, f"https://{seen}")


_FARGATE = ("fargate", "March 2026", "cloudburn.io/blog/aws-fargate-pricing")
_LAMBDA = (
    *("lambda", "May 2026"),
    "git.mcrn.ar/mariano/lambda_local_runner/src/branch/main/docs/lambdas-md/lambda-13-cost.md",
)
_SNAPSHOTS = ("lambda", "May 2026", "awsnegotiations.com/blog/lambda-snapstart-cost-impact/")
_AHEAD = ("lambda", UNDATED, "awsnegotiations.com/lambda-provisioned-concurrency-cost.html")
_ELB = (
    *("elasticloadbalancing", "May 2026"),
    "cloud-horizons.com/blog/alb-the-line-item-nobody-watches/",
)
_PRIVATELINK = ("privatelink", "May 2026", "awsnegotiations.com/privatelink-cost-analysis.html")
_WAF = ("waf", "2026", "awsnegotiations.com/waf-pricing-strategy.html")

PRICES: Mapping[str, Price] = {
    name: price
    for group in (
        _prices(*_FARGATE, "vCPU-hour", vcpu_x86_64=0.04048, vcpu_arm64=0.03238),
        _prices(*_FARGATE, "GB-hour", memory_x86_64=0.004445, memory_arm64=0.00356),
        _prices(*_ELB, "hour", balancer=0.0225),
        _prices(*_PRIVATELINK, "hour and zone", endpoint=0.01),
        _prices(*_AHEAD, "GB-second", ahead_x86_64=0.0000041667, ahead_arm64=0.0000033334),
        _prices(*_LAMBDA, "GB-second", executed_x86_64=0.0000166667, executed_arm64=0.0000133334),
        _prices(*_SNAPSHOTS, "GB-second", snapshot=0.0000015046),
        _prices(*_WAF, "month", firewall=5.0, firewall_rule=1.0),
    )
    for name, price in group
}
GIVEN = "given"


def monthly(stage: Stage, prices: Mapping[str, Price] = PRICES) -> Iterator[tuple[str, float]]:
    """What, and dollars for it."""
    cost = {name: price.dollars for name, price in prices.items()}

    def task(architecture: str, cpu: int, memory: int) -> float:
        vcpu, gigabyte = cost[f"vcpu_{architecture}"], cost[f"memory_{architecture}"]
        return (cpu / 1024 * vcpu + memory / 1024 * gigabyte) * _HOURS

    existing = stage.network.existing
    if existing is None or not existing.endpoints:
        zones = stage.network.zones if existing is None else len(existing.availability_zones)
        count = len(interface_endpoints(stage))
        yield f"{count} endpoints in {zones} zones", count * zones * cost["endpoint"] * _HOURS
    if (service := stage.service) is not None:
        one = task(service.architecture, service.cpu, service.memory)
        yield f"{service.minimum} tasks at least", service.minimum * one
        yield f"  up to {service.maximum}", (service.maximum - service.minimum) * one
        yield "load balancer", cost["balancer"] * _HOURS
        if service.waf:
            yield "firewall", cost["firewall"] + 2 * cost["firewall_rule"]
    if (function := stage.function) is not None:
        gigabytes = function.memory / 1024
        if function.provisioned:
            price = cost[f"ahead_{function.architecture}"] * gigabytes * 3600 * _HOURS
            yield f"{function.provisioned} provisioned executions", function.provisioned * price
        if function.snap_start:
            yield "snapshot of one version", cost["snapshot"] * gigabytes * 3600 * _HOURS
        if function.front == "alb":
            yield "load balancer of the function", cost["balancer"] * _HOURS
    if stage.jobs == "service":
        yield "jobs", task("arm64" if service is None else service.architecture, 256, 512)
    elif stage.jobs == "schedule":
        architecture = "arm64" if function is None else function.architecture
        # 55 s of each minute, at 1 GB.
        yield "jobs by schedule", cost[f"executed_{architecture}"] * 3600 * _HOURS * 55 / 60


def with_given(texts: list[str]) -> dict[str, Price]:
    """PRICES with those of texts as NAME=DOLLARS in their place. Raises ValueError."""
    prices = dict(PRICES)
    for text in texts:
        name, _, dollars = text.partition("=")
        if name not in prices:
            raise ValueError(f"price: {name!r} is none of {', '.join(prices)}")
        try:
            given = float(dollars)
        except ValueError:
            raise ValueError(f"price: {name} is a number of dollars, not {dollars!r}") from None
        prices[name] = replace(prices[name], dollars=given, date=GIVEN, seen="")
    return prices


def lines(prices: Mapping[str, Price]) -> Iterator[str]:
    for stage in read_stages(json.loads((ROOT / "cdk.json").read_text())["context"]):
        found = list(monthly(stage, prices))
        least = sum(price for what, price in found if not what.startswith("  "))
        yield f"{stage.name}: {least:,.0f} USD a month"
        yield from (f"  {what:<32}{price:9,.2f}" for what, price in found)
    yield f"by these list prices of {REGION}; others: --price NAME=DOLLARS"
    for name, price in prices.items():
        told = f"{price.dollars:.10f}".rstrip("0").rstrip(".")
        yield f"  {name:<16}{told:>13} a {price.unit:<14}{price.date:<11}{price.page}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.cost")
    parser.add_argument("--price", action="append", default=[], metavar="NAME=DOLLARS")
    try:
        prices = with_given(parser.parse_args().price)
    except ValueError as fault:
        parser.error(str(fault))
    print("\n".join(lines(prices)))


if __name__ == "__main__":
    main()
