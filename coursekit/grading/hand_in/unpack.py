"""Opens a zip archive that was handed in: its files, and no more than these, into a folder of our own."""

import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .read import LARGEST_FILE, Unreadable, bytes_of

MOST_FILES = 500


def unpack(archive: Path, folder: Path) -> None:
    """Writes the ordinary files of a zip archive below `folder`. Raises Unreadable. Sizes are counted, not believed."""
    left = LARGEST_FILE
    try:
        with zipfile.ZipFile(io.BytesIO(bytes_of(archive))) as packed:
            for member in packed.infolist()[:MOST_FILES]:
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if member.is_dir() or not parts or {"..", "/"} & {*parts} or any(len(p.encode()) > 250 for p in parts):
                    continue
                with packed.open(member) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise Unreadable("the archive holds more than 100 MiB")
                path = folder.joinpath(*parts)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, ValueError, EOFError, zlib.error) as error:
        raise Unreadable(f"the archive cannot be opened: {type(error).__name__}") from None
