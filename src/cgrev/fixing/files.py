"""Replace a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from cgrev.errors import InputRefused


def write(path: Path, data: bytes) -> None:
    """Put `data` in place of the file in one step: a killed run leaves the old bytes or the new ones.

    The file's rights are kept, and a link keeps pointing at the file that changes. Raises InputRefused
    (CGR001) when it cannot be written; then nothing has changed.
    """
    target = path.resolve()
    try:
        mode = target.stat().st_mode & 0o7777
        if not os.access(target, os.W_OK):
            raise PermissionError(13, "permission denied")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.chmod(mode)
            temporary.replace(target)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise InputRefused(
            "CGR001",
            f"file cannot be written: {reason}",
            help="close it elsewhere or change its rights; nothing was changed",
            path=str(path),
        ) from None
