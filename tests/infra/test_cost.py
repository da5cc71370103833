"""What a stage costs: arithmetic, and prices that say how old they are."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from infra.cost import PRICES, UNDATED, lines, monthly, with_given
from infra.stages import read_stage
from tests.infra.conftest import ROOT
from tests.infra.test_stages import STAGES


# A price without a date is taken for one of today.
def test_each_price_has_its_page_its_date_and_its_source() -> None:
    undated = {name for name, price in PRICES.items() if price.date == UNDATED}
    assert undated == {"ahead_x86_64", "ahead_arm64"}
    for name, price in PRICES.items():
        assert name in undated or re.fullmatch(r"([A-Z][a-z]+ )?20\d\d", price.date), name
        assert price.page.startswith("https://aws.amazon.com/"), name
        assert price.seen.startswith("https://"), name
        assert price.unit, name


def test_all_of_it_is_printed() -> None:
    text = "\n".join(lines(PRICES))
    for price in PRICES.values():
        assert re.search(rf"{price.date} +{re.escape(price.page)}", text)
    assert "us-east-1" in text
    assert all(f"{stage}: " in text for stage in STAGES)


def test_parts_of_a_stage() -> None:
    prices = with_given(["endpoint=0.02", "balancer=1"])
    found = dict(monthly(read_stage("dev", STAGES["dev"]), prices))
    assert found["5 endpoints in 2 zones"] == pytest.approx(5 * 2 * 0.02 * 730)
    assert found["load balancer"] == 730
    # Half a vCPU and a GB of ARM.
    assert found["1 tasks at least"] == pytest.approx((0.5 * 0.03238 + 0.00356) * 730)
    assert {prices["endpoint"].date, prices["vcpu_arm64"].date} == {"given", "March 2026"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nothing=1", "price: 'nothing' is none of vcpu_x86_64, "),
        ("endpoint=much", "price: endpoint is a number of dollars, not 'much'"),
    ],
)
def test_a_wrong_price_is_named(given: str, said: str) -> None:
    command = [sys.executable, "-m", "infra.cost", "--price", given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr
