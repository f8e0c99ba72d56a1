"""What goes wrong, said so that an author can mend it: where, what, and what to do."""


class BookError(Exception):
    """A fault in a source or a product of the book; the command that met it stops and exits non-zero."""

    def __init__(self, where: str, what: str, todo: str = ""):
        super().__init__(f"{where}: {what}" + (f"\n    {todo}" if todo else ""))
        self.where, self.what, self.todo = where, what, todo


class Faults(BookError):
    """Several faults found together, printed one after the other."""

    def __init__(self, faults: list[BookError]):
        Exception.__init__(self, "\n".join(map(str, faults)))
        self.faults = faults
