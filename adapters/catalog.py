"""The catalog: every folder here that has a manifest is a registry; nothing else lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final

import httpx

from adapters.base import Adapter
from adapters.manifest import Manifest, ManifestError, read_manifest
from adapters.protocols.connection import Connection
from adapters.protocols.ehealth_approvals import EHealthApproving
from adapters.protocols.ehealth_rest import EHealthRest
from adapters.protocols.fhir_r4 import FhirR4
from adapters.protocols.file_drop import open_drop
from adapters.protocols.finding import Finder
from adapters.protocols.plain_rest import Plain
from adapters.protocols.reading import Reading
from adapters.protocols.rest import Dialect, RestRegistry
from adapters.protocols.shape import Shape
from adapters.protocols.subject import DateFormats, Wording
from adapters.protocols.switches import Drop, EHealth, Fhir, Request, Rest, Trembita, XRoad, XRoadRest
from adapters.protocols.trembita_rest import TrembitaRest
from adapters.protocols.wire import Wire
from adapters.protocols.xroad_adapter import Direct, Polled
from adapters.protocols.xroad_rest import XRoadR1
from adapters.protocols.xroad_soap import XRoadSoap
from contracts.vocabulary import Scheme, Source

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Entry:
    """One registry of the catalog: its manifest and where its files are."""

    source: Source
    folder: Path
    manifest: Manifest

    def module(self, name: str) -> ModuleType:
        """Import one of the registry's modules: `mapping`, `simulator`, `adapter`.

        A registry in a folder of the deployment's own is imported by its place, and once.
        """
        if self.folder.parent != FOLDER and self.has(name):
            return _import_from(self.folder.resolve(), name)
        return import_module(f"adapters.{self.folder.name}.{name}")

    def has(self, name: str) -> bool:
        """Say whether the registry has such a module."""
        return (self.folder / f"{name}.py").is_file()


@cache
def _import_from(folder: Path, name: str) -> ModuleType:
    spec = spec_from_file_location(f"obmin_registry_{folder.name}_{name}", folder / f"{name}.py")
    if spec is None or spec.loader is None:
        raise ManifestError(f"{folder}: {name}.py cannot be imported")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _shape(entry: Entry) -> Shape | None:
    """Learn the record's shape from the samples, where these are the record itself."""
    if not entry.manifest.compared:
        return None
    return Shape.of_samples(entry.folder / "samples" / "records.json")


def find_registries(*folders: Path) -> Mapping[Source, Entry]:
    """Read the manifest of each registry, ours and those in `folders`, in alphabetical order.

    Raises `ManifestError` naming file, line and key, also when a folder is not named as its source, and when
    two registries have one name.
    """
    found: dict[Source, Entry] = {}
    for folder in (FOLDER, *folders):
        for path in folder.glob("*/manifest.toml"):
            entry = read_entry(path.parent)
            if entry.source in found:
                raise ManifestError(f"{path}: source: {found[entry.source].folder} has this name already")
            found[entry.source] = entry
    return dict(sorted(found.items()))


def read_entry(folder: Path) -> Entry:
    """Read one registry's manifest. Its folder has underscores where the source has dashes.

    Raises `ManifestError` naming file, line and key, also when the folder is not named as its source.
    """
    manifest = read_manifest(folder / "manifest.toml")
    if manifest.source.replace("-", "_") != folder.name:
        raise ManifestError(f"{folder / 'manifest.toml'}: source: the folder has another name")
    return Entry(Source(manifest.source), folder, manifest)


def build(entry: Entry, connection: Connection, transport: httpx.AsyncBaseTransport) -> Adapter:
    """Build one registry's adapter, ready to be asked over `transport`.

    Blocking (a WSDL is loaded, a mapping imported): call it at start. Raises ValueError (`base-url`) for
    a base URL that is not a bare http(s) origin and path, `ManifestError` for a file drop without folder.
    """
    manifest, source = entry.manifest, entry.source
    mapping = entry.module("mapping")
    reading = Reading(source, mapping.READERS, mapping.IDENTITY, shape=_shape(entry))
    needs = tuple(frozenset(Scheme(scheme) for scheme in need) for need in manifest.needs)
    dates = DateFormats(manifest.birth_date_format, manifest.date_formats)
    wording = Wording(source, needs, manifest.question, dates)

    match manifest:
        case Manifest(xroad=XRoad() as xroad):
            wire = Wire(source, connection.base_url, transport, paths=[""], cap=manifest.largest)
            service = XRoadSoap(source, xroad, entry.folder / "samples" / "service.wsdl", connection, wire)
            return _soap(xroad, service, wording, Finder(reading, xroad.record, manifest.codes))
        case Manifest(ehealth=EHealth() as ehealth):
            key = {"Authorization": f"Bearer {connection.credential}"}
            wire = Wire(source, connection.base_url, transport, key, [ehealth.search], manifest.largest)
            return _ehealth(ehealth, wire, wording, reading)
        case Manifest(fhir=Fhir() as fhir):
            key = {"Authorization": f"Bearer {connection.credential}"}
            wire = Wire(source, connection.base_url, transport, key, ["/Patient/_search"], manifest.largest)
            return FhirR4(source, fhir, wire, wording, reading)
        case Manifest(drop=Drop() as drop):
            return open_drop(drop, connection, needs, reading)
    request, dialect, fixed = _carried(manifest, source, connection)
    paths = [dialect.path(request.path, "")]
    wire = Wire(source, connection.base_url, transport, fixed, paths, manifest.largest)
    finder = Finder(reading, request.record, manifest.codes, whole=manifest.about == "place")
    return RestRegistry(source, request, dialect, wire, wording, finder)


def _carried(
    manifest: Manifest, source: Source, connection: Connection
) -> tuple[Request, Dialect, Mapping[str, str]]:
    """Give what a REST operation is, who carries it, and the header fields that go with each request."""
    match manifest:
        case Manifest(trembita=Trembita() as trembita):
            return trembita, TrembitaRest(source, trembita, connection), {}
        case Manifest(xroad_rest=XRoadRest() as xroad_rest):
            return xroad_rest, XRoadR1(source, xroad_rest, connection), {}
        case Manifest(rest=Rest() as rest):
            key = {rest.key_header: f"{rest.key_scheme} {connection.credential}".strip()}
            return rest, Plain(), key if rest.key_header else {}
    raise ManifestError(f"{source}: protocol")


def _ehealth(ehealth: EHealth, wire: Wire, wording: Wording, reading: Reading) -> Adapter:
    if ehealth.approvals:
        return EHealthApproving(reading.source, ehealth, wire, wording, reading, ehealth.approvals)
    return EHealthRest(reading.source, ehealth, wire, wording, reading)


def _soap(xroad: XRoad, service: XRoadSoap, wording: Wording, finder: Finder) -> Adapter:
    if xroad.polling is None:
        return Direct(finder.source, service, xroad.operation, wording, finder)
    return Polled(finder.source, service, xroad.operation, wording, finder, xroad.polling)
