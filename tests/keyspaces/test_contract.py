"""The store contract, through the gate; but for the longest keys, which clustering columns of
Keyspaces cannot hold (850 bytes): those are refused, see test_faults."""

from __future__ import annotations

import pytest

from app.testing.contract import *  # noqa: F403

pytestmark = pytest.mark.long

del test_the_longest_text_keys, test_the_longest_binary_keys  # noqa: F821
