"""Fuzzes the commands: ``python -m tests.benchmarks.survival.fuzz``.

    python -m tests.benchmarks.survival.fuzz [--minutes 10] [--target NAME ...]
        [--seed N] [--keep DIR]
    python -m tests.benchmarks.survival.fuzz --repeat DIR/NAME

Each case is a command with damaged files in a root folder of its own, run in this
process's main functions. A finding is: an exception that the command did not turn into
a message, a case over its time limit, a file written outside the root, a control
character on the terminal, a message that fills more than a screen, another exit code
than 0, 1 or 2, or the end of the process. The input of each is kept below ``--keep``,
and ``--repeat`` runs it again. The same seed draws the same cases. Needs Linux.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.survival.fuzz.case import load
from tests.benchmarks.survival.fuzz.judge import judge
from tests.benchmarks.survival.fuzz.processes import Options, fuzz
from tests.benchmarks.survival.fuzz.targets.catalogue import TARGETS


def main() -> int:
    """Fuzzes and prints the table."""
    args = parser().parse_args()
    if args.repeat:
        return repeat(args.repeat)
    names = args.target or list(TARGETS)
    seconds = 60 * args.minutes / len(names)
    options = Options(seconds=seconds, seed=args.seed, kept=args.keep.resolve())
    rows = {}
    for name in names:
        print(f"{name}: {seconds:.0f} s", flush=True)
        rows[name] = fuzz(name, options)
    print_table(rows)
    return int(any(row["faults"] for row in rows.values()))


def parser() -> argparse.ArgumentParser:
    """Builds the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = made.add_argument
    add("--minutes", type=float, default=10, help="of all targets together")
    add("--target", nargs="+", choices=list(TARGETS), metavar="NAME")
    add("--seed", type=int, default=1)
    add("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-findings")
    add("--repeat", type=Path, metavar="DIR", help="run one kept case again")
    return made


def repeat(folder: Path) -> int:
    """Runs a kept case again and prints what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="fz") as work:
        (Path(work) / "w").mkdir()
        found = judge(
            load(folder.resolve()), folder.resolve(), Path(work) / "w", limit=60
        )
    for one in found.findings:
        print(f"{one.kind}: {one.where}\n{one.text}")
    return int(bool(found.findings))


def print_table(rows: dict[str, dict]) -> None:
    """Prints each fault once, with its inputs, and a line for each target."""
    for name, one in rows.items():
        for kind, where in one["faults"]:
            kept = [f["kept"] for f in one["found"] if f["where"] == where]
            print(f"{name}: {kind}: {where}\n    {kept[0]}")
    print(f"\n{'target':<12}{'cases':>8}{'faults':>8}  exit codes")
    for name, one in rows.items():
        codes = ", ".join(f"{code}: {n}" for code, n in sorted(one["codes"].items()))
        print(f"{name:<12}{one['cases']:>8}{len(one['faults']):>8}  {codes}")
    total = sum(one["cases"] for one in rows.values())
    print(f"{'all':<12}{total:>8}{sum(len(r['faults']) for r in rows.values()):>8}")


if __name__ == "__main__":
    sys.exit(main())
