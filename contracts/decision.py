"""The pure evaluator: (grant, facts, time) → which fields of which source, on which ground, or why not.

Total: whatever goes wrong inside is a refusal, never a permit. Deny by default, deny wins,
unknown is deny (trust notes §1.5). The same function answers a query, its preview and its replay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from contracts.admission import as_set, refuse
from contracts.clauses import NOTHING, NoticeRule, Tell
from contracts.contract import NO_OBLIGATIONS, Grant, Ground, Obligations, Permit, Terms
from contracts.facts import Facts
from contracts.grounds import Standing, find_grounds
from contracts.reasons import Reason
from contracts.vocabulary import Field, Source

_RETICENCE = (Tell.NOW, Tell.LATER, Tell.NEVER)


@dataclass(frozen=True, slots=True)
class Decision:
    """`refusal` is empty or the code that refuses the whole query; else each source has its say.

    `fields` holds the reason of each field that a permitted source may not be asked for. Why a field
    may be asked is its rule and its ground: `Permit.fields` and `Permit.ground_of`.
    """

    refusal: str
    permits: Mapping[Source, Permit]
    withheld: Mapping[Source, str]
    fields: Mapping[Source, Mapping[Field, str]] = field(default_factory=lambda: NOTHING)
    obligations: Obligations = NO_OBLIGATIONS


def decide(grant: Grant, facts: Facts, at: datetime) -> Decision:
    """Say which fields of the grant may be asked about this person at `at`, and why not the others.

    Pure, total and deterministic: the order of consents and sources changes nothing, and facts that
    make no sense refuse the whole query. `at` is the instant of the decision (of the release, when
    asked again before it) and has a time zone.
    A decision without a refusal may still permit nothing: every source is then in `withheld`.

    First what refuses the whole query (`contracts.admission`), then the grounds that stand for each
    source (`contracts.grounds`), then field by field: what safety masks leaves on no ground, and a
    field leaves on the first ground that covers it.
    """
    try:
        return _decide(grant, facts, at)
    except Exception:  # noqa: BLE001  total: whatever goes wrong inside is a refusal
        return Decision(Reason.UNDECIDABLE, {}, {})


def _decide(grant: Grant, facts: Facts, at: datetime) -> Decision:
    refusal = refuse(grant, facts, at)
    if refusal:
        return Decision(refusal, {}, {})
    hidden = as_set(facts.masks) - as_set(facts.lifted)
    permits: dict[Source, Permit] = {}
    withheld: dict[Source, str] = {}
    fields: dict[Source, Mapping[Field, str]] = {}
    for source, terms in grant.terms.items():
        standing, reason = find_grounds(grant, terms, facts, at)
        if not standing:
            withheld[source] = str(reason)  # plain text, which the record can spell
            continue
        permit, left = _weigh_fields(terms, standing, hidden, str(reason))
        if permit is None:
            withheld[source] = _main_reason(terms, left)
            continue
        permits[source] = permit
        if left:
            fields[source] = left
    return Decision("", permits, withheld, fields, _owed(grant, facts, permits))


def _weigh_fields(
    terms: Terms, standing: list[Standing], hidden: frozenset[str], narrower: str
) -> tuple[Permit | None, Mapping[Field, str]]:
    """Give what may be asked of a source, None where nothing, and the reason of each field left out."""
    first = standing[0]
    if first.covers_all and not hidden:
        return Permit(terms, terms.fields, first.ground), NOTHING
    grounds: dict[Field, Ground] = {}
    left: dict[Field, str] = {}
    for name, rule in terms.fields.items():
        ground = next((each.ground for each in standing if each.covers(rule)), None)
        if rule.category in hidden:
            left[name] = Reason.SAFETY.value
        elif ground is None:
            left[name] = narrower
        else:
            grounds[name] = ground
    if not grounds or any(terms.fields[name].required for name in left):
        return None, left
    principal = next(iter(grounds.values()))
    further = {name: ground for name, ground in grounds.items() if ground != principal}
    return Permit(terms, {name: terms.fields[name] for name in grounds}, principal, further), left


def _main_reason(terms: Terms, left: Mapping[Field, str]) -> str:
    """Give the reason for which a whole source falls: that of a required field, else the commonest."""
    required = sorted(why for name, why in left.items() if terms.fields[name].required)
    reasons = sorted(left.values())
    return required[0] if required else max(reasons, key=reasons.count)


def _owed(grant: Grant, facts: Facts, permits: Mapping[Source, Permit]) -> Obligations:
    contract, emergency = grant.contract, facts.emergency
    review = contract.emergency.review if contract.emergency else None
    return Obligations(
        notices={source: _notice(permit) for source, permit in permits.items()},
        retention=contract.retention,
        onward=contract.onward,
        review_by=emergency.begun + review if emergency and review else None,
        notify_representative=facts.giver_is_risk is False,
    )


def _notice(permit: Permit) -> NoticeRule:
    """Give the most reticent rule among the grounds used: what one article forbids to tell is not told."""
    rules = [permit.ground.notice, *(ground.notice for ground in permit.further.values())]
    return max(rules, key=lambda rule: (_RETICENCE.index(rule.tell), rule.article))
