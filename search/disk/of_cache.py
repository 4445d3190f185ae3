"""What can be removed of the cache that all runs in a folder share."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from data_pipeline.files.file_lock import FileLock, is_shared
from data_pipeline.images.eviction import cached_arrays, is_written
from data_pipeline.system.errors import RunError
from search.disk.removable import Removable, removable
from search.executors.ray.folder import left_folders
from search.run_folder import DRIVER_LOCK, RunFolder

AGAIN = "made again from the data when a run needs it"
KINDS = {"images": "decoded images", "features": "features"}
"""What an array of the cache holds, by its name."""


@contextmanager
def idle_runs(out: Path) -> Iterator[None]:
    """Keeps drivers away from all runs meanwhile; ``RunError`` where one works."""
    with ExitStack() as stack:
        for path in sorted(
            [*out.glob(f"*/{DRIVER_LOCK}"), *out.glob(f"*/*/{DRIVER_LOCK}")]
        ):
            lock = FileLock(path)
            if not lock.try_acquire():
                raise RunError(
                    f"{path.parent}: process {lock.owner()} searches there and may "
                    "use the cache; wait for it, or stop it"
                )
            stack.callback(lock.release)
        yield


def of_cache(out: Path) -> list[Removable]:
    """Lists what can be removed of the cache, and temporary folders of the dead."""
    cache = RunFolder(out=out, name="cache").cache
    found: list[Removable] = []
    for one in cached_arrays(cache):
        # A training that reads its images has no driver's lock yet.
        if is_shared(one.array) or is_written(one):
            continue
        kind = KINDS[one.array.name.partition("-")[0]]
        used = datetime.fromtimestamp(one.used).astimezone()
        found += removable(f"{kind}, last used {used:%Y-%m-%d}", AGAIN, one.files)
    digests = "digests of files of the data"
    found += removable(digests, "the files are hashed again", cache.glob("files-*.npz"))
    temporary = "temporary folders of killed searches"
    found += removable(temporary, "no process uses them", left_folders())
    return found
