"""May I, and what would I get? The pipeline's own evaluator, asked without asking any registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from contracts.contract import Grant, Permit
from contracts.decision import Decision
from contracts.vocabulary import Field
from contracts.words import PurposeWords, Vocabulary
from gateway.answer import ground_json
from gateway.consent.consents import notice_digest
from gateway.consent.ground import CaseNotOpenError, outward, weigh
from gateway.exchange import Pipeline, hidden_from
from gateway.identity import Caller
from gateway.query import Query
from gateway.storage.engine import now
from gateway.subjects import SubjectUnfiledError


async def preview(pipeline: Pipeline, caller: Caller, query: Query) -> Mapping[str, Any]:
    """Say which sources and fields would be given and on what ground, and what is missing.

    `refusal` names what would refuse the whole query, as its problem would; `consent_text` is the
    notice to show in both languages, with the digest that a consent then names.

    Raises:
        NotPermittedError: no contract covers the query at all.
    """
    at, vocabulary = now(), pipeline.contracts.vocabulary
    grant = pipeline.contracts.permit(caller.id, query.purpose, at, query.sources, query.fields)
    contract = grant.contract
    shown: dict[str, Any] = {
        "purpose": query.purpose,
        "case": query.case,
        "contract": {"id": contract.id, "version": contract.version, "digest": contract.digest},
        "consent_text": _notice(vocabulary.purposes[query.purpose]),
        "permitted": False,
        "refusal": "case-not-open",
        "sources": {},
    }
    try:
        standing = await pipeline.subjects.find(
            caller.id, query, case_required=contract.case_required, within=contract.deadline
        )
    except (CaseNotOpenError, SubjectUnfiledError):
        return shown
    claimed = await pipeline.emergencies.claimed(caller.id, query, standing, at)
    usage = await pipeline.usage.of(contract, at)
    decision = weigh(grant, standing, query, at, vocabulary, claimed, usage)
    if decision.refusal.startswith(("case-", "official-")):
        return shown
    return {
        **shown,
        "permitted": bool(decision.permits),
        "refusal": decision.refusal,
        "sources": _permitted(decision, vocabulary, hidden_from(caller, standing))
        | _withheld(decision, grant, vocabulary, query.language),
    }


def _permitted(decision: Decision, vocabulary: Vocabulary, masks: frozenset[str]) -> dict[str, Any]:
    return {
        source: {
            "permitted": True,
            "ground": ground_json(permit.ground),
            **_fields(permit, vocabulary, masks),
        }
        for source, permit in decision.permits.items()
    }


def _fields(permit: Permit, vocabulary: Vocabulary, masks: frozenset[str]) -> dict[str, list[Field]]:
    """Name what would be told, what of it sealed, and what safety would hide."""
    masked = {field for field in permit.fields if vocabulary.fields[field].category in masks}
    sealed = {field for field, rule in permit.fields.items() if rule.sealed}
    return {
        "fields": sorted(permit.fields.keys() - masked),
        "sealed": sorted(sealed - masked),
        "masked": sorted(masked),
    }


def _withheld(decision: Decision, grant: Grant, vocabulary: Vocabulary, language: str) -> dict[str, Any]:
    return {
        source: {
            "permitted": False,
            "reason": reason,
            "next": getattr(vocabulary.reasons[reason].next, language),
            "fields": sorted(grant.terms[source].fields),
        }
        for source, reason in outward(decision.withheld).items()
    }


def _notice(purpose: PurposeWords) -> Mapping[str, Mapping[str, str]]:
    texts: Iterable[tuple[str, str]] = (("uk", purpose.notice.uk), ("en", purpose.notice.en))
    return {language: {"text": text, "digest": notice_digest(text)} for language, text in texts}
