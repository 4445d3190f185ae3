"""Draws the cases of a target, judges them, and keeps what was found."""

import gc
import itertools
import json
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings

from data_pipeline.system.seeds import child_seed
from tests.benchmarks.survival.fuzz.case import Case
from tests.benchmarks.survival.fuzz.judge import Finding, end_process_after, judge
from tests.benchmarks.survival.fuzz.targets.target import Target

BATCH = 50
"""Cases that share one seed; the same seed draws the same cases."""

FOR_EVER = 600
"""Seconds of the wall clock after which a case is taken to wait for ever."""

KEPT = 2
"""Inputs that are kept of one fault."""

RECORD, RUNNING = "record.jsonl", "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a target is fuzzed: its sound files, a work folder, and what is kept."""

    bases: Path
    work: Path
    kept: Path


@dataclass(slots=True, kw_only=True)
class Loop:
    """Fuzzes one target for some seconds; what is sound is judged before they begin."""

    name: str
    target: Target
    place: Place
    seed: int
    seconds: float
    until: float = 0
    count: int = 0
    batch: int = 0
    found: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self, first: int) -> None:
        """Judges the sound cases, then batches of damaged ones from ``first`` on."""
        if not first:
            for case in self.target.sound(self.place.bases):
                self._judge(case)
        cases = self.target.cases(self.place.bases)
        self.until = time.monotonic() + self.seconds
        for number in itertools.count(first):
            self.batch = number
            self._note(batch=number)
            self._run_batch(cases)
            gc.collect()
            if time.monotonic() > self.until:
                return

    def _run_batch(self, cases: object) -> None:
        @seed(child_seed(self.seed, self.name, self.batch))
        @settings(
            max_examples=BATCH,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases)
        def work(case: Case) -> None:
            if time.monotonic() < self.until:
                self._judge(case)

        work()

    def _judge(self, case: Case) -> None:
        self.count += 1
        limit = self.target.limit
        case.save(self.place.bases, self.place.work.parent / RUNNING)
        with (self.place.work.parent / "stack").open("w") as stack:
            end_process_after(FOR_EVER, stack)
            verdict = judge(case, self.place.bases, self.place.work, limit=limit)
        for one in verdict.findings:
            self._keep(case, one)
        self._note(code=str(verdict.code))

    def _keep(self, case: Case, one: Finding) -> None:
        fault = one.kind, one.where
        self.found[fault] += 1
        if self.found[fault] > KEPT:
            return
        folder = f"{self.name}-{self.batch}-{self.count}-{one.kind.replace(' ', '_')}"
        kept = self.place.kept / folder
        case.save(self.place.bases, kept, kind=one.kind, where=one.where)
        (kept / "found.txt").write_text(one.text, errors="backslashreplace")
        self._note(**asdict(one) | {"kept": str(kept), "seed": self.seed})

    def _note(self, **values: object) -> None:
        with (self.place.work.parent / RECORD).open("a") as file:
            file.write(json.dumps(values) + "\n")
