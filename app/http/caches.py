"""What the caches of this process have spared it, for /metrics."""

from __future__ import annotations

from ..auth import signing_key_counts
from ..expressions import cache_counts
from ..metrics import Metrics
from ..operations.recent import Recent


class CacheCounts:
    """Caches count for themselves, which costs a request next to nothing; `report` adds to the
    metrics what they have counted since it was last called."""

    def __init__(self, metrics: Metrics, recent: Recent) -> None:
        self._metrics = metrics
        self._recent = recent
        self._reported = self._counts()

    def report(self) -> None:
        counts = self._counts()
        for name, count in counts.items():
            self._metrics.add(name, count - self._reported[name])
        self._reported = counts

    def _counts(self) -> dict[str, int]:
        expressions = cache_counts().values()
        key_hits, key_misses = signing_key_counts()
        return {
            "ExpressionCacheHits": sum(hits for hits, _ in expressions),
            "ExpressionCacheMisses": sum(misses for _, misses in expressions),
            "SigningKeyCacheHits": key_hits,
            "SigningKeyCacheMisses": key_misses,
            "RememberedItemHits": self._recent.hits,
            "RememberedItemMisses": self._recent.misses,
        }
