"""How a statement reads: plain sentences in both languages, from the vocabulary's own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from audit.event import Event, Json, stamp
from contracts.store import ContractStore
from contracts.vocabulary import AgencyId, Field, Purpose, Source
from contracts.words import Vocabulary, Wording
from gateway.agencies import Agency
from gateway.oversight.statements import Delay, Line

LANGUAGES = ("uk", "en")
Texts = Mapping[str, str]

OUTCOMES: Mapping[str, Texts] = {
    "released": {"uk": "отримала відомості", "en": "received data"},
    "refused": {"uk": "питала, але нічого не отримала", "en": "asked and received nothing"},
}
GROUNDS: Mapping[str, Texts] = {
    "consent": {"uk": "ваша згода", "en": "your consent"},
    "law": {"uk": "закон", "en": "the law"},
    "court-order": {"uk": "рішення суду", "en": "a court order"},
    "vital-interest": {"uk": "життєво важливий інтерес", "en": "a vital interest"},
    "emergency": {"uk": "екстрена потреба", "en": "an emergency"},
}
SENTENCES: Mapping[str, Texts] = {
    "who": {
        "uk": "{at} {agency} {outcome}. Навіщо: {purpose}.",
        "en": "{at} {agency} {outcome}. Why: {purpose}.",
    },
    "what": {
        "uk": "{source}: {categories}; підстава: {ground}.",
        "en": "{source}: {categories}; ground: {ground}.",
    },
    "nothing": {"uk": "жодних відомостей", "en": "no data"},
    "onward": {"uk": "Може передати далі: {agencies}.", "en": "May pass it on to: {agencies}."},
    "again": {"uk": "Перечитано разів: {times}.", "en": "Read again {times} time(s)."},
    "delay": {
        "uk": "Про частину запитів повідомимо після {until} ({article}).",
        "en": "Of a part you will be told after {until} ({article}).",
    },
    "never-asked": {"uk": "Про вас ніхто не питав.", "en": "Nobody has asked about you."},
}


class Wordings:
    """Words for one deployment: the vocabulary in force and its agencies."""

    def __init__(self, contracts: ContractStore, agencies: Mapping[AgencyId, Agency]) -> None:
        self._contracts = contracts
        self._agencies = agencies

    @property
    def _words(self) -> Vocabulary:
        return self._contracts.vocabulary

    def line(self, line: Line) -> Mapping[str, Any]:
        """Write one line for machines, with its sentences in `text`."""
        shown: dict[str, Any] = {"delayed": [self._delay(each) for each in line.delays]}
        if line.recorded is None:
            return {**shown, "text": self.text(line)}
        event = line.recorded.event
        shown |= {
            "exchange_id": event.exchange_id,
            "at": stamp(event.at),
            "who": {"agency": event.agency, **self.agency(event.agency), "official": event.official},
            "why": {"purpose": event.purpose, **self.purpose(event.purpose)},
            "case": event.case,
            "outcome": event.result,
            "sources": [self._source(each) for each in line.sources],
            "categories": self._categories(line.sources),
            "onward": [{"agency": each, **self.agency(each)} for each in _onward(event)],
            "read_again": [stamp(each) for each in line.read_again],
            "text": self.text(line),
            "proof": {
                "index": line.index,
                "entry": line.entry or None,
                "tlog_proof": line.proof.text() if line.proof else None,
            },
        }
        return shown

    def offer(self, event: Event) -> Mapping[str, Any]:
        """Write what was held for the person, promised or given: by whom, when, in which case."""
        return {
            "at": stamp(event.at),
            "who": {"agency": event.agency, **self.agency(event.agency)},
            "case": event.case,
            "offer": event.details.get("offer"),
            "allocation": event.details.get("allocation"),
            "quantity": event.details.get("quantity"),
            "stage": event.result,
        }

    def text(self, line: Line) -> Texts:
        """Say one line in both languages."""
        return {language: " ".join(self._sentences(line, language)) for language in LANGUAGES}

    def action(self, line: Line, language: str) -> str:
        """Say why, in a few words, as a list of uses shows it."""
        return self.purpose(line.recorded.event.purpose)[language] if line.recorded else ""

    def agency(self, agency: str) -> Texts:
        """Name an agency."""
        known = self._agencies.get(AgencyId(agency))
        return {language: known.name.get(language, agency) if known else agency for language in LANGUAGES}

    def purpose(self, purpose: str) -> Texts:
        """Name a purpose."""
        return _both(self._words.purposes.get(Purpose(purpose)), purpose)

    def field(self, name: str) -> Texts:
        """Name a field."""
        return _both(self._words.fields.get(Field(name)), name)

    def source(self, source: str) -> Texts:
        """Name a source."""
        return _both(self._words.sources.get(Source(source)), source)

    def _sentences(self, line: Line, language: str) -> Iterable[str]:
        if line.recorded:
            event = line.recorded.event
            yield SENTENCES["who"][language].format(
                at=_moment(event.at),
                agency=self.agency(event.agency)[language],
                outcome=OUTCOMES.get(event.result, {}).get(language, event.result),
                purpose=self.purpose(event.purpose)[language],
            )
            for source in line.sources:
                yield self._told(source, language)
            if onward := [self.agency(each)[language] for each in _onward(event)]:
                yield SENTENCES["onward"][language].format(agencies=", ".join(onward))
            if line.read_again:
                yield SENTENCES["again"][language].format(times=len(line.read_again))
        for delay in line.delays:
            until = _moment(datetime.fromisoformat(delay.until))
            yield SENTENCES["delay"][language].format(until=until, article=delay.article)

    def _told(self, source: Mapping[str, Json], language: str) -> str:
        categories = [each[language] for each in self._categories([source])]
        return SENTENCES["what"][language].format(
            source=self.source(str(source["source"]))[language],
            categories=", ".join(categories) or SENTENCES["nothing"][language],
            ground=self._ground(source)[language],
        )

    def _source(self, source: Mapping[str, Json]) -> Mapping[str, Any]:
        name = str(source["source"])
        return {
            "source": name,
            **self.source(name),
            "status": source.get("status", ""),
            "categories": self._categories([source]),
            "ground": {**_ground_of(source), **self._ground(source)},
        }

    def _ground(self, source: Mapping[str, Json]) -> Texts:
        ground = _ground_of(source)
        if not ground:
            return dict.fromkeys(LANGUAGES, "-")
        kind, citation = str(ground.get("kind", "")), str(ground.get("citation", ""))
        named = GROUNDS.get(kind, dict.fromkeys(LANGUAGES, kind))
        return {lang: f"{named[lang]}, {citation}" if citation else named[lang] for lang in LANGUAGES}

    def _categories(self, sources: Iterable[Mapping[str, Json]]) -> list[Mapping[str, str]]:
        """Name what kinds of data were told of, each once."""
        fields = [str(name) for source in sources for name in _fields(source)]
        known = [self._words.fields.get(Field(name)) for name in fields]
        codes = dict.fromkeys(
            words.category if words else name for words, name in zip(known, fields, strict=True)
        )
        return [{"category": code, **_both(self._words.categories.get(code), code)} for code in codes]

    def _delay(self, delay: Delay) -> Mapping[str, str]:
        return {"until": delay.until, "article": delay.article}


def _both(words: Wording | None, code: str) -> Texts:
    return {"uk": words.uk, "en": words.en} if words else dict.fromkeys(LANGUAGES, code)


def _fields(source: Mapping[str, Json]) -> Sequence[Json]:
    fields = source.get("fields", ())
    return fields if isinstance(fields, list | tuple) else ()


def _ground_of(source: Mapping[str, Json]) -> Mapping[str, Json]:
    ground = source.get("ground")
    return ground if isinstance(ground, Mapping) else {}


def _onward(event: Event) -> list[str]:
    onward = event.details.get("onward", ())
    return [str(each) for each in onward] if isinstance(onward, list | tuple) else []


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")
