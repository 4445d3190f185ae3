"""Fuzzes a target in processes of its own: one that dies is a finding."""

import json
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.survival.fuzz.case import load
from tests.benchmarks.survival.fuzz.loop import RECORD, RUNNING, Loop, Place
from tests.benchmarks.survival.fuzz.targets.catalogue import load_target

SHORT = 5
"""Seconds that are too few to start a process again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long a target is fuzzed, from which seed, and where inputs are kept."""

    seconds: float
    seed: int
    kept: Path


def fuzz(name: str, options: Options) -> dict:
    """Fuzzes a target; returns its row of the table."""
    context = multiprocessing.get_context("spawn")
    deaths = []
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        (Path(folder) / RECORD).touch()
        child = context.Process(target=prepare, args=(name, folder))
        child.start()
        child.join()
        if child.exitcode:
            sys.exit(f"{name}: its sound files could not be made")
        left, first = options.seconds, 0
        while left > SHORT or not first:
            began = time.monotonic()
            child = context.Process(
                target=work, args=(name, folder, options, left, first)
            )
            child.start()
            child.join()
            if not child.exitcode:
                break
            left -= time.monotonic() - began
            first = 1 + last_batch(Path(folder))
            deaths.append(died(name, child.exitcode, Path(folder), options))
        return row(Path(folder), deaths)


def prepare(name: str, folder: str) -> None:
    """Makes a target's sound files, in a process of its own."""
    sys.dont_write_bytecode = True
    (Path(folder) / "bases").mkdir()
    load_target(name).prepare(Path(folder) / "bases")


def work(name: str, folder: str, options: Options, left: float, first: int) -> None:
    """Runs the loop in a process of its own."""
    sys.dont_write_bytecode = True
    root = Path(folder)
    (root / "w").mkdir(exist_ok=True)
    place = Place(bases=root / "bases", work=root / "w", kept=options.kept)
    target = load_target(name)
    loop = Loop(name=name, target=target, place=place, seed=options.seed, seconds=left)
    loop.run(first)


def died(name: str, code: int, folder: Path, options: Options) -> dict:
    """Keeps the case at which a process died, or blocked in C."""
    kept = options.kept / f"{name}-died-{time.time():.0f}"
    case = load(folder / RUNNING)
    case.save(folder / RUNNING, kept, kind="died", where=f"exit code {code}")
    stack = (folder / "stack").read_text()
    (kept / "found.txt").write_text(stack)
    kind = "hang" if "Timeout" in stack else "died"
    return {"kind": kind, "where": f"exit code {code}", "kept": str(kept)}


def records(folder: Path) -> list[dict]:
    """Reads what the loops noted."""
    return [json.loads(line) for line in (folder / RECORD).read_text().splitlines()]


def last_batch(folder: Path) -> int:
    """Returns the number of the batch that was drawn last."""
    return max((one["batch"] for one in records(folder) if "batch" in one), default=0)


def row(folder: Path, deaths: list[dict]) -> dict:
    """Sums up a target: cases, faults by their kind and place, inputs kept."""
    noted = records(folder)
    codes = Counter(one["code"] for one in noted if "code" in one)
    found = [*(one for one in noted if "kind" in one), *deaths]
    faults = Counter((one["kind"], one["where"]) for one in found)
    cases = codes.total() + len(deaths)
    return {"cases": cases, "codes": codes, "faults": faults, "found": found}
