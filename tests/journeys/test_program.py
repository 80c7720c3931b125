"""`obmin` on the command line, against a deployment that runs."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.journeys.house import CASE, MARIA, House
from tests.journeys.program import call, run

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_token_stands_alone_on_standard_output(common: House) -> None:
    """`obmin token` prints what goes into a header, and it is one."""
    key = common.demo.private_key("case-system")
    ended = await call("token", "--agency", "case-system", "--key", key, "--gateway", common.url)
    bearer = {"Authorization": f"Bearer {ended.out.strip()}"}
    asked = await common.http.get("/v1/contracts", headers=bearer)

    assert (ended.code, ended.err, ended.out.count("\n")) == (0, "", 1)
    assert asked.status_code == 200


async def test_a_refused_token_is_one_line(common: House) -> None:
    """Another agency's key: exit 1, the problem's own words, nothing on standard output."""
    key = common.demo.private_key("partner")
    ended = await call("token", "--agency", "case-system", "--key", key, "--gateway", common.url)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err.count("\n") == 1


async def test_a_history_is_asked_for_on_the_command_line(common: House) -> None:
    """`obmin history --json` gives the answer, sealed fields opened; progress goes to standard error."""
    keys = ("--key", common.demo.private_key("case-system"))
    ended = await call("history", "--subject", f"rnokpp:{MARIA}", "--purpose", "needs-assessment",
        "--case", CASE, *keys, "--gateway", common.url, "--json",
    )  # fmt: skip
    answer = json.loads(ended.out)

    assert ended.code == 0, ended.err
    assert answer["fields"]["person.given_name"]["value"] == "Марія"
    assert answer["opened"]["health.disability_group"][0]["value"] == "2"
    assert "education" in ended.err


async def test_the_record_is_exported_and_verified(common: House, tmp_path: Path) -> None:
    """`audit export` writes a folder that `audit verify` accepts with the answers' receipts."""
    answer = await common.ask()
    receipt = tmp_path / "answer.json"
    receipt.write_text(answer.text, "utf-8")
    newest = (await common.events())[-1]
    await common.get(f"/v1/audit/events/{newest['id']}/proof", "auditor")
    exported = await call("audit", "export", tmp_path / "log", "--data", common.demo.folder)
    verified = await call("audit", "verify", tmp_path / "log", "--receipt", receipt, "--json")
    report = json.loads(verified.out)

    assert (exported.code, verified.code) == (0, 0), verified.out
    assert (report["ok"], report["receipts"]) == (True, 1)


async def test_a_changed_export_is_named_and_fails(common: House, tmp_path: Path) -> None:
    """One byte of one entry: exit 1, and the first bad entry is named."""
    await common.ask()
    newest = (await common.events())[-1]
    await common.get(f"/v1/audit/events/{newest['id']}/proof", "auditor")
    await call("audit", "export", tmp_path / "log", "--data", common.demo.folder)
    bundle = next((tmp_path / "log" / "tile" / "entries").rglob("*.p/*"))
    bundle.write_bytes(bundle.read_bytes().replace(b"worker-17", b"worker-71", 1))
    verified = await call("audit", "verify", tmp_path / "log")

    assert verified.code == 1
    assert "NOT VERIFIED: entry-differs at entry " in verified.err


async def test_a_search_of_the_record_is_itself_recorded(common: House) -> None:
    """`audit search` prints events, and leaves one."""
    await common.ask()
    ended = await call("audit", "search", "--data", common.demo.folder, "--outcome", "released", "--json")
    reads = [event for event in await common.events(agency="operator") if event["result"] == "search"]

    assert ended.code == 0
    assert {event["kind"] for event in json.loads(ended.out)} == {"release"}
    assert reads


async def test_one_event_is_shown_and_an_unknown_one_is_not(common: House) -> None:
    """`audit show ID`: exit 0 with JSON, or exit 1 with a line."""
    event = (await common.events())[0]
    shown = await call("audit", "show", event["id"], "--data", common.demo.folder)
    unknown = await call("audit", "show", "0192", "--data", common.demo.folder)

    assert (shown.code, json.loads(shown.out)["id"]) == (0, event["id"])
    assert (unknown.code, unknown.out) == (1, "")


async def test_a_sound_deployment_passes_the_doctor(common: House) -> None:
    """Six checks, none of them with anything to say."""
    ended = await call("doctor", "--json", "--config", common.demo.settings_file)

    assert ended.code == 0
    assert set(json.loads(ended.out).values()) == {""}


async def test_the_doctor_says_what_to_mend(tmp_path: Path) -> None:
    """Each fault has its own line with what to do; a password in a URL is in none of them."""
    config = tmp_path / "obmin.toml"
    config.write_text(
        'keys = "absent.json"\nagencies = "absent.toml"\n[sources.astrology]\nurl = "http://127.0.0.1:1"\n'
        '[database]\nurl = "postgresql+asyncpg://u:hunter2@127.0.0.1:1/x"\n',
        "utf-8",
    )
    ended = await call("doctor", "--config", config)

    assert ended.code == 1
    assert "obmin keys create" in ended.out
    assert "absent.toml" in ended.out
    assert "astrology" in ended.out
    assert "[database] url" in ended.out
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.parametrize(
    "command",
    [("db", "upgrade"), ("db", "current"), ("keys", "list"), ("keys", "rotate"), ("audit", "search")],
)
async def test_an_absent_database_is_one_line(common: House, command: tuple[str, ...]) -> None:
    """No traceback, no driver's text, no password; exit 1."""
    url = "postgresql+asyncpg://u:hunter2@127.0.0.1:1/x"
    ended = await call(*command, "--config", common.demo.settings_file, OBMIN_DATABASE__URL=url)

    assert (ended.code, ended.err.count("\n")) == (1, 1)
    assert "[database] url" in ended.err
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.parametrize("command", ["serve", "worker"])
async def test_what_cannot_start_says_why_in_one_line(common: House, command: str) -> None:
    """A database that does not answer ends the process at once, exit 1."""
    config, url = common.demo.settings_file, "postgresql+asyncpg://u:hunter2@127.0.0.1:1/x"
    ended = await run(common.demo.folder, command, "--config", config, OBMIN_DATABASE__URL=url)

    assert (ended.code, ended.out, ended.err.count("\n")) == (1, "", 1)
    assert "[database] url" in ended.err


async def test_an_unknown_setting_is_named(tmp_path: Path) -> None:
    """In the file and in the environment, with the key and never with its value; exit 1."""
    config = tmp_path / "obmin.toml"
    config.write_text("[limits]\nexchange = 7391\n", "utf-8")
    in_file = await call("serve", "--config", config)
    config.write_text("", "utf-8")
    variable = await call("serve", "--config", config, OBMIN_LIMITS__PORTIONS="7391")

    assert (in_file.code, variable.code) == (1, 1)
    assert "limits.exchange: unknown setting" in in_file.err
    assert "limits.portions: unknown setting" in variable.err
    assert "7391" not in in_file.err + variable.err


@pytest.mark.parametrize("wrong", [("serve",), ("nonsense",), ("audit", "search", "--limit", "0")])
async def test_wrong_usage_exits_two(wrong: tuple[str, ...]) -> None:
    """A missing option, an unknown command, a number out of range."""
    ended = await call(*wrong)

    assert (ended.code, ended.out) == (2, "")


async def test_the_demos_settings_are_a_beginning(common: House) -> None:
    """The file that the demo writes is read back as the same deployment: paths are taken from its folder."""
    written = tomllib.loads(common.demo.settings_file.read_text("utf-8"))
    ended = await call("db", "current", "--config", common.demo.settings_file)

    assert not Path(written["keys"]).is_absolute()
    assert ended.code == 0
