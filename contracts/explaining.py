"""Why: every rule that spoke about one field of one source, and what it said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from contracts.admission import RULES, Asked
from contracts.contract import Grant
from contracts.decision import Decision, decide
from contracts.facts import Facts
from contracts.reasons import Reason
from contracts.telling import Speaker
from contracts.vocabulary import Field, Source


@dataclass(frozen=True, slots=True)
class Said:
    """What one rule said: `reason` is empty where it permits."""

    rule: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer about one field, and each rule that spoke."""

    permitted: bool
    said: tuple[Said, ...]

    def lines(self, speaker: Speaker) -> list[str]:
        """Say it, a line for each rule."""
        return [_line(said, speaker) for said in self.said]


def explain(
    grant: Grant, facts: Facts, at: datetime, source: Source, field: Field, speaker: Speaker
) -> Explanation:
    """Let every rule speak about one field, where the evaluator stops at the first that refuses.

    Whether the field is given is the evaluator's own decision, not a sum of what is said here.
    """
    decision = decide(grant, facts, at)
    permit = decision.permits.get(source)
    given = permit is not None and field in permit.fields
    said = [
        Said("contract", "", f"{grant.contract.id} {grant.contract.version}"),
        *(Said(name, str(rule(Asked(grant, facts, at)))) for name, rule in RULES.items()),
        *_of_source(decision, source, field, speaker),
    ]
    return Explanation(given, tuple(said))


def _of_source(decision: Decision, source: Source, field: Field, speaker: Speaker) -> list[Said]:
    permit = decision.permits.get(source)
    reason = decision.withheld.get(source, "") or decision.fields.get(source, {}).get(field, "")
    if reason:
        return [Said("safety" if reason == Reason.SAFETY else "ground", reason)]
    if permit is None or field not in permit.fields:
        return []
    ground = speaker.ground(permit.ground_of(field))
    return [
        Said("ground", "", ground),
        Said("safety", ""),
        Said("field", "", speaker.rule(permit.fields[field])),
    ]


def _line(said: Said, speaker: Speaker) -> str:
    verdict = speaker.say("refuses" if said.reason else "permits")
    why = speaker.reason(said.reason) if said.reason else said.detail
    line = f"{speaker.say(f'rule-{said.rule}')}: {verdict}"
    code = f" [{said.reason}]" if said.reason else ""
    return f"{line}{': ' if why else ''}{why}{code}"
