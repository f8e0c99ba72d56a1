"""How full the sheets are that a page is printed on, by where their lowest words stand."""

from io import BytesIO

from pypdf import PdfReader

MARGIN = 0.08    # of a sheet's height, below: the number of the page


def reach(pdf: bytes) -> list[float]:
    """How far down each sheet's words reach: 0 for an empty one, 1 for its lower edge."""
    found = []
    for page in PdfReader(BytesIO(pdf)).pages:
        height, lowest = float(page.mediabox.height), [float(page.mediabox.height)]

        def note(text, matrix, turned, font, size, height=height, lowest=lowest):
            y = matrix[3] * turned[5] + matrix[5]
            if text.strip() and y > MARGIN * height:
                lowest.append(y)

        page.extract_text(visitor_text=note)
        found.append(1 - min(lowest) / height)
    return found


def half_empty(pdf: bytes) -> list[str]:
    """The sheets that end in their upper half, but for the last."""
    return [f"sheet {number} ends at {share:.0%}" for number, share in enumerate(reach(pdf)[:-1], 1) if share < 0.5]
