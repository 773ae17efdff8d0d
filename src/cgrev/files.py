"""Files and folders that are old or new, never half-written.

`atomic_write` replaces one file, `replace_folder` a whole folder. Both prepare the new state beside the
old one and then move it in place in one step of the file system. Standard library only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cgrev.errors import SettingsError

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_SYNC_ALL_ABOVE = 200
"""Files above which one sync of everything is cheaper than one of each."""


def atomic_write(path: Path | str, data: bytes | str | Iterable[bytes]) -> None:
    """Replace the content of a file (text as UTF-8) in one step; a reader sees the old or the new content.

    Pieces are written as they come, so that none of it need be held whole.

    A link is followed, so that the link stays one. Permissions of an existing file are kept. Raises
    SettingsError when the place cannot be written; then the old content stands.
    """
    target = Path(os.path.realpath(path))
    text = data.encode() if isinstance(data, str) else data
    content = [text] if isinstance(text, bytes) else text
    beside = target.with_name(f".cgrev-{os.urandom(8).hex()}.tmp")
    with writing(path):
        try:
            # opened by hand: the mode of a new file is then the one the user's mask gives
            handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with os.fdopen(handle, "wb") as file:
                file.writelines(content)
                file.flush()
                os.fsync(file.fileno())
            _keep_attributes(target, beside)
            os.replace(beside, target)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
        _sync_folder(target.parent)


@contextmanager
def writing(path: Path | str) -> Iterator[None]:
    """Turn what the system says about a place into one clear line (SettingsError)."""
    try:
        yield
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        raise SettingsError(
            f"cannot write '{path}': {reason}", help="choose a place that exists, has room and may be written"
        ) from fault


def exchange_folders(one: Path, other: Path) -> bool:
    """Swap two folders of one file system in one step; False where the system cannot (nothing happened)."""
    if sys.platform != "linux":
        return False
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM):
        return False
    raise OSError(number, os.strerror(number), str(other))


def replace_folder(
    new: Path, target: Path, *, exchange: Callable[[Path, Path], bool] = exchange_folders
) -> None:
    """Move the folder `new` to `target`, its sibling, and remove what stood there.

    On Linux the two change places in one step, so that a kill at any moment leaves the old or the new
    state in place. Where the file system cannot do that, the old state steps aside first, and a kill
    between the two moves leaves it there: `recover_folder` puts it back. Raises OSError.
    """
    _sync_tree(new)
    if target.is_dir() and any(target.iterdir()):
        shutil.copymode(target, new)
        if exchange(new, target):
            old = new
        else:
            old = _aside(target)
            os.rename(target, old)
            os.rename(new, target)
        _sync_folder(target.parent)
        # the new state stands; what is left of the old one goes with the next run at the latest
        shutil.rmtree(old, ignore_errors=True)
        return
    if target.is_dir():
        shutil.copymode(target, new)
        if os.name == "nt":
            target.rmdir()
    os.rename(new, target)
    _sync_folder(target.parent)


def recover_folder(target: Path) -> None:
    """Undo what a kill in the middle of `replace_folder` left on a file system that cannot exchange."""
    aside = _aside(target)
    if not aside.is_dir():
        return
    if target.exists():
        shutil.rmtree(aside, ignore_errors=True)
    else:
        os.rename(aside, target)


def lock_folder(path: Path) -> int | None:
    """Hold a folder for as long as this process lives (or the number is closed).

    Answers a file number, or None when another process holds it, it is gone, or the system has no such
    lock. The lock follows the folder when it is renamed and ends with the process, however it ends.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        number = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(number), os.stat(path)):
            return number
    except OSError:
        pass
    os.close(number)
    return None


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.cgrev-aside")


def _keep_attributes(old: Path, new: Path) -> None:
    with suppress(FileNotFoundError):
        state = old.stat()
        os.chmod(new, stat.S_IMODE(state.st_mode))
        made = new.stat()
        if hasattr(os, "chown") and (state.st_uid, state.st_gid) != (made.st_uid, made.st_gid):
            with suppress(PermissionError):  # only the superuser may give a file away
                os.chown(new, state.st_uid, state.st_gid)


def _sync_tree(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    if len(files) > _SYNC_ALL_ABOVE and hasattr(os, "sync"):
        os.sync()
        return
    for path in files:
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut, where folders can be synced at all."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
