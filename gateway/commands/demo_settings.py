"""The settings file that a demo leaves in its folder, to begin a deployment with."""

from __future__ import annotations

from config.settings import Settings
from gateway.commands.keys import inline_table
from gateway.commands.sign_ins import written


def as_toml(settings: Settings) -> str:
    """Write the settings of a demo; paths are beside the file."""
    lines = [
        "# Written anew by each `obmin demo`; copy it to begin a deployment of your own.",
        f'public_url = "{settings.public_url}"',
        f"port = {settings.port}",
        'keys = "keys/gateway.json"',
        'agencies = "agencies.toml"',
        'messages = "messages"',
        'contracts = "contracts"',
        'signatories = "signatories.toml"',
        f'time_zone = "{settings.time_zone}"',
        "",
        "[database]",
        'url = "sqlite+aiosqlite:///obmin.db"',
    ]
    bus = settings.bus
    lines += [
        "",
        "[bus]",
        f'member = "{bus.member}"',
        'peer = "keys/security-server.crt"',
        'certificate = "keys/bus.pem"',
        f"port = {bus.port}",
        f'url = "{bus.url}"',
        "",
        "[spdci]",
        f"identifiers = {inline_table(settings.spdci.identifiers)}",
        "",
        "[push]",
        f"loopback = {str(settings.push.loopback).lower()}",
        "",
        "[govstack]",
        f"on = {str(settings.govstack.on).lower()}",
        "",
        "[entrusted]",
        *(f'{agency} = "keys/{key.name}"' for agency, key in settings.entrusted.items()),
    ]
    lines += written(settings.sign_in)
    for name, source in settings.sources.items():
        key = source.credential.name if source.credential else ""
        lines += ["", f"[sources.{name}]", f'url = "{source.url}"', f'credential = "keys/{key}"']
    return "\n".join(lines) + "\n"
