"""Texts of answers and errors, as teachers and students read them."""


def one_line(error: BaseException) -> str:
    """An exception as a teacher reads it."""
    text = " ".join(printable(str(error)[:2000]).split())
    return (type(error).__name__ + (f": {text}" if text else ""))[:500]


def printable(text: str) -> str:
    """Text of an answer as every file can hold it and every terminal show it: no half characters, none that steer."""
    text = text.encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)
