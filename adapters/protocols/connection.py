"""What a deployment adds to a manifest: where the registry is, and who we are to it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Connection:
    """One registry's place in one deployment.

    `base_url` is an origin, with a path at most (on the bus: our own security server). `member` is our
    subsystem on the bus, `instance/class/code/subsystem`. `credential` is the bearer token or key of
    a registry off the bus; it is never printed. `represented_party` is `[class/]code` or empty. `secret` keys
    what is kept here of a registry that sends extracts.
    """

    base_url: str
    member: str = "SEVDEIR-TEST/GOV/37508596/CASE_GATEWAY"
    credential: str = field(default="", repr=False)
    represented_party: str = ""
    secret: bytes = field(default=b"", repr=False)

    @property
    def instance(self) -> str:
        """Give the bus instance: the services asked live in the same one."""
        return self.member.partition("/")[0]
