"""What Chromium's PDF lacks: numbers for the contents, an outline, data about the book; and a look at its links."""

from io import BytesIO
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, Fit, NameObject, TextStringObject

from .compose import Cover, Entry, Part


def numbers(pdf: Path) -> dict[str, int]:
    """The page, counted from 1, of each place that a link leads to."""
    reader = PdfReader(pdf)
    places = reader.named_destinations.items()
    found = ((name.lstrip("/"), reader.get_destination_page_number(place)) for name, place in places)
    return {name: number + 1 for name, number in found if number is not None}


def count(pdf: Path) -> int:
    """How many pages it has."""
    return len(PdfReader(pdf).pages)


def finished(pdf: Path, cover: Cover, parts: list[Part], language: str = "en") -> bytes:
    """The same pages with an outline of parts, pages and sections, and with title, author, language and no date."""
    writer = PdfWriter(clone_from=pdf)
    places = {name.lstrip("/"): place for name, place in PdfReader(pdf).named_destinations.items()}
    at = numbers(pdf)
    for part in parts:
        first = part.pages[0].entries[0]
        above = [_outline(writer, Entry(first.place, "", part.caption, 0), places, at, None) if part.caption else None]
        for entry in (entry for page in part.pages for entry in page.entries):
            del above[entry.depth :]
            above.append(_outline(writer, entry, places, at, above[-1]))
    makers = {"/Creator": "coursekit", "/Producer": "Chromium, pypdf"}
    writer.metadata = {"/Title": cover.title, "/Author": cover.author, **makers}
    root = writer.root_object
    root[NameObject("/Lang")] = TextStringObject(language)
    root[NameObject("/ViewerPreferences")] = DictionaryObject({NameObject("/DisplayDocTitle"): BooleanObject(True)})
    writer.page_mode = "/UseOutlines"
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _outline(writer: PdfWriter, entry: Entry, places: dict, at: dict[str, int], above):
    top = places[entry.place].top
    fit = Fit.xyz(0, float(top) if top else None, None)
    return writer.add_outline_item(
        title=entry.words, page_number=at[entry.place] - 1, parent=above, fit=fit, is_open=entry.depth == 0
    )


def faults(pdf: bytes | Path) -> list[str]:
    """Links of a PDF that lead nowhere, or to a file."""
    reader = PdfReader(BytesIO(pdf) if isinstance(pdf, bytes) else pdf)
    known, found = set(reader.named_destinations), []
    for number, page in enumerate(reader.pages, 1):
        for link in page.get("/Annots") or ():
            link = link.get_object()
            target = link.get("/Dest")
            url = str((link.get("/A") or {}).get("/URI", ""))
            if isinstance(target, str) and str(target) not in known:
                found.append(f"page {number}: a link leads to {target}, which is nowhere")
            elif target is None and not url.startswith(("https:", "http:", "mailto:")):
                found.append(f"page {number}: a link leads to {url or 'nothing'}")
    return found
