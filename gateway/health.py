"""How each source has been doing lately: what `GET /v1/sources` and the metrics tell. No personal data."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram

from contracts.vocabulary import Source
from gateway.collection import Finding, Status, Watcher
from gateway.storage.engine import now

REMEMBERED = 500
ASKED = frozenset({Status.ANSWERED, Status.UNKNOWN, Status.AMBIGUOUS, Status.PENDING, Status.UNAVAILABLE})
WELL = ASKED - {Status.UNAVAILABLE}
UNSENT = frozenset({"resting", "maintenance", "quota-used-up", "not-connected"})
"""Reasons of findings that tell of our manners and not of how the source is doing."""


class SourceHealth:
    """Remembers the last few hundred findings of each source in this process."""

    def __init__(self, sources: Iterable[Source], registry: CollectorRegistry) -> None:
        self._recent: Mapping[Source, deque[Finding]] = {s: deque(maxlen=REMEMBERED) for s in sources}
        self._last: dict[Source, datetime] = {}
        findings = Counter(
            "obmin_source_findings", "Findings by source", ["source", "status", "reason"], registry=registry
        )
        took = Histogram(
            "obmin_source_seconds", "Time a source took to answer", ["source"], registry=registry
        )
        self._timed = {source: took.labels(source) for source in self._recent}
        # Looking a label up costs more than counting: each combination is looked up once.
        self._count = cache(lambda source, status, reason: findings.labels(source, status.value, reason))

    def beside(self, watch: Watcher) -> Watcher:
        """Give a watcher that counts each finding before it hands it on."""

        async def both(finding: Finding) -> None:
            self.saw(finding)
            await watch(finding)

        return both

    def saw(self, finding: Finding) -> None:
        """Count one finding."""
        self._count(finding.source, finding.status, finding.reason).inc()
        unsent = finding.status is Status.UNAVAILABLE and finding.reason in UNSENT
        if finding.status in ASKED and finding.source in self._recent and not unsent:
            self._timed[finding.source].observe(finding.took_ms / 1000)
            self._recent[finding.source].append(finding)
            if finding.status in WELL:
                self._last[finding.source] = now()

    def recent(self, source: Source) -> Sequence[Finding]:
        """Give the last findings of a source, the newest last."""
        return tuple(self._recent.get(source, ()))

    def report(self) -> list[dict[str, Any]]:
        """Tell each source's state, share of failures and latency percentiles in milliseconds."""
        return [self._line(source, list(recent)) for source, recent in self._recent.items()]

    def _line(self, source: Source, recent: list[Finding]) -> dict[str, Any]:
        took = sorted(finding.took_ms for finding in recent)
        failed = sum(finding.status is Status.UNAVAILABLE for finding in recent)
        last = self._last.get(source)
        return {
            "source": source,
            "state": _state(recent),
            "asked": len(recent),
            "failed": failed,
            "latency_ms": {f"p{p}": took[min(len(took) - 1, len(took) * p // 100)] for p in (50, 95, 99)}
            if took
            else None,
            "last_answer": last,
        }


def _state(recent: list[Finding]) -> str:
    """Judge by the last ten: a source that failed them all is down, one that failed some is shaky."""
    last = recent[-10:]
    failed = sum(finding.status is Status.UNAVAILABLE for finding in last)
    if not last:
        return "unasked"
    if failed == len(last):
        return "down"
    return "shaky" if failed else "well"
