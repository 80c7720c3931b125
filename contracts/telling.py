"""A contract in words: how each clause is spelt for people, in either language, from the vocabulary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from contracts.clauses import NoticeRule, Tell
from contracts.contract import Contract, FieldRule, Ground
from contracts.decision import Decision
from contracts.words import Vocabulary, Wording

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says things in one language."""

    vocabulary: Vocabulary
    language: str

    def say(self, phrase: str, **values: object) -> str:
        """Fill a phrase of the vocabulary in."""
        return self.title(self.vocabulary.phrases[phrase]).format(**values)

    def title(self, words: Wording) -> str:
        """Give the text of some words in this language."""
        return str(getattr(words, self.language))

    def reason(self, code: str) -> str:
        """Word a reason; a code that has no words is itself said."""
        words = self.vocabulary.reasons.get(code)
        return self.title(words) if words else code

    def field(self, name: str) -> str:
        """Give a field's title."""
        words = self.vocabulary.fields.get(name)  # type: ignore[call-overload]
        return self.title(words) if words else name

    def source(self, name: str) -> str:
        """Give a source's title."""
        words = self.vocabulary.sources.get(name)  # type: ignore[call-overload]
        return self.title(words) if words else name

    def purpose(self, name: str) -> str:
        """Give a purpose's title."""
        words = self.vocabulary.purposes.get(name)  # type: ignore[call-overload]
        return self.title(words) if words else name

    def decision(self, decision: Decision) -> list[str]:
        """Say a decision: each source, on which ground, each field and how it leaves, or why not."""
        if decision.refusal:
            return [f"{self.say('refuses')}: {self.reason(decision.refusal)} [{decision.refusal}]"]
        said = []
        for source, permit in sorted(decision.permits.items()):
            said.append(f"{self.source(source)}: {self.say('permits')}: {self.ground(permit.ground)}")
            said += [f"  {self.field(name)}: {self.rule(rule)}" for name, rule in permit.fields.items()]
            left = decision.fields.get(source, {})
            said += [f"  {self.field(name)}: {self._refused(reason)}" for name, reason in left.items()]
        withheld = sorted(decision.withheld.items())
        return said + [f"{self.source(source)}: {self._refused(reason)}" for source, reason in withheld]

    def _refused(self, reason: str) -> str:
        return f"{self.say('refuses')}: {self.reason(reason)} [{reason}]"

    def rule(self, rule: FieldRule) -> str:
        """Say how a field leaves."""
        said = [self.say("leaves-sealed" if rule.sealed else "leaves-plain")]
        if rule.minimise:
            said.append(self.say(f"minimise-{rule.minimise}", keep=rule.keep))
        said += [self.say("required")] if rule.required else []
        said += [self.say("in-emergency")] if rule.emergency else []
        return "; ".join(said)

    def notice(self, rule: NoticeRule) -> str:
        """Say when the person is told."""
        when = spell(rule.after) if rule.after else str(rule.until or "")
        return self.say(f"tell-{Tell(rule.tell)}", when=when, article=rule.article)

    def ground(self, ground: Ground) -> str:
        """Say on what something rests, and when the person is told."""
        said = f"{self.say(f'ground-{ground.kind}')} ({ground.citation})"
        return f"{said}; {self.notice(ground.notice)}"

    def conditions(self, contract: Contract) -> list[str]:
        """Say under which conditions the contract may be used, a sentence each."""
        said = [self.say("scope-case-yes" if contract.case_required else "scope-case-no")]
        said.append(self.say("scope-minors-yes" if contract.minors else "scope-minors-no"))
        said += [self.say("scope-deceased")] if contract.deceased else []
        if contract.hours:
            hours = contract.hours
            days = ", ".join(DAYS[day - 1] for day in sorted(hours.days))
            begin, end = (f"{each // 60:02}:{each % 60:02}" for each in (hours.begin, hours.end))
            said.append(self.say("scope-hours", days=days, begin=begin, end=end, zone=contract.time_zone))
        for phrase, count in (("minute", contract.limits.per_minute), ("day", contract.limits.per_day)):
            said += [self.say(f"scope-per-{phrase}", count=count)] if count is not None else []
        if contract.selectors is not None:
            said.append(self.say("scope-selectors", schemes=", ".join(sorted(contract.selectors))))
        if contract.retention:
            said.append(self.say("scope-retention", time=spell(contract.retention)))
        onward = ", ".join(sorted(contract.onward))
        return [*said, self.say("scope-onward", agencies=onward) if onward else self.say("scope-onward-no")]


def spell(duration: timedelta) -> str:
    """Spell a duration in the largest unit that measures it in whole numbers."""
    seconds = duration.total_seconds()
    for size, unit in UNITS:
        if seconds % size == 0:
            return f"{seconds // size:g} {unit}"
    return f"{seconds * 1000:g} ms"
