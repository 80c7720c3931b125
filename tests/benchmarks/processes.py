"""Programs under measurement: started, watched through /proc, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 30.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process has used so far: CPU in seconds (user and system), its largest memory in bytes."""

    cpu: float
    peak: int


def read_usage(pid: int) -> Usage:
    """Read the usage of a process and its children that live."""
    family = list(_family(pid))
    return Usage(sum(map(_cpu_of, family)), sum(map(_peak_of, family)))


@contextmanager
def running(command: Sequence[str], port: int, log: Path, extra: Mapping[str, str]) -> Iterator[int]:
    """Run a program until the block ends; yield its pid once it listens on the port."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **extra}, start_new_session=True
        )
    try:
        _wait_for(port, process, log)
        yield process.pid
    finally:
        _stop(process)


def find_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    message = f"{log.name}: does not listen\n{log.read_text('utf-8', 'replace')[-2000:]}"
    raise RuntimeError(message)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in that group
        process.wait()


def _family(pid: int) -> Iterator[int]:
    yield pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    for child in map(int, children.split()):
        yield from _family(child)


def _cpu_of(pid: int) -> float:
    """Read utime and stime: fields 14 and 15 of proc(5) `stat`, counted after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _peak_of(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
