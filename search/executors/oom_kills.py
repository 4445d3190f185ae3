"""How many processes the kernel has killed for memory, as a control group counts.

A container, a job of Slurm or a service each has a group with a limit; where memory of
the machine as a whole runs out, the victim's group counts it too. Only Linux counts.
"""

import re
from contextlib import suppress
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")

_LINE = re.compile(r"\d+:(?P<kinds>[^:]*):(?P<path>.*)")
_KILLS = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)


def kill_counter(*, own: Path = OWN, groups: Path = GROUPS) -> Path | None:
    """Finds the file that counts the kills in this process's control group.

    Args:
        own: the file that names the groups of this process.
        groups: where control groups are mounted.

    Returns:
        The file, or ``None`` where there is none. In a container the named group may
        be that of the host, and the container's own is at the top.
    """
    with suppress(OSError):
        for line in own.read_text().splitlines():
            named = _LINE.fullmatch(line)
            if named is None:
                continue
            path = named["path"].lstrip("/")
            for file in _files(groups, named["kinds"].split(","), path):
                if count_kills(file) is not None:
                    return file
    return None


def _files(groups: Path, kinds: list[str], path: str) -> list[Path]:
    """Lists candidates in versions 1 and 2 of control groups, the likeliest first."""
    if kinds == [""]:
        return [groups / path / "memory.events", groups / "memory.events"]
    if "memory" not in kinds:
        return []
    memory, name = groups / "memory", "memory.oom_control"
    return [memory / path / name, memory / name]


def count_kills(file: Path) -> int | None:
    """Reads how many processes were killed; ``None`` where the file does not say."""
    with suppress(OSError):
        found = _KILLS.search(file.read_text())
        return None if found is None else int(found[1])
    return None
