"""Makes scripts smaller, by minify-html: without remarks and spaces, with every name that they had.

Names stay because a figure's module is composed of parts (`lightnets_edu/widgets/kit/compose.py`), which know each
other by name and of which a page holds each once.
"""

import re

import minify_html

ELEMENT = re.compile(r"<script[^>]*>(.*)</script>", re.S)


def script(text: str, module: bool = False) -> str:
    """The same script in fewer bytes; as it is where it does not parse, or could not stand in a page."""
    start = '<script type="module">' if module else "<script>"
    if "</script" in text:
        return text
    return ELEMENT.fullmatch(minify_html.minify(f"{start}{text}</script>", minify_js=True))[1]
