"""Files that are written whole or not at all, and words for a disk that does not take them."""

import contextlib
import errno
from pathlib import Path

from .errors import BookError

RIGHTS = "give yourself the right to read and write there, or work in a copy of the book that is yours"
ROOM = "make room on that disk and run the command again; the file that was there before is as it was"
PLACE = "something else stands in its place: move that away"
REMEDIES = {
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: RIGHTS,
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: ROOM,
    errno.EISDIR: PLACE,
    errno.ENOTDIR: PLACE,
    errno.EEXIST: PLACE,
}


def write_whole(path: Path, content: str | bytes) -> bool:
    """Replace a file in one step, and make its folder; False, and nothing done, where it holds that content already."""
    data = content.encode() if isinstance(content, str) else content
    part = path.with_name(f".{path.name}.part")
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # what is told is the first error
            part.unlink()
        raise told(error, path) or error from None
    return True


def told(error: OSError, path: Path | None = None) -> BookError | None:
    """The fault in words, with a remedy; None for an error that is not the disk's."""
    if error.errno not in REMEDIES:
        return None
    return BookError(str(path or error.filename or "the disk"), f"{error.strerror}", REMEDIES[error.errno])
