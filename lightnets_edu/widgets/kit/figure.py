"""What every figure shares: a caption, checks of its traits, and what stands for it where it cannot be drawn."""

import functools
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, ClassVar

import anywidget
import traitlets
from IPython.display import publish_display_data

Proposal = dict[str, Any]  # what traitlets hands to a validator


class Figure(anywidget.AnyWidget):
    """An interactive figure: a caption, and the traits that its front end draws.

    `offers(name)` says which values of a trait fit the others: a value that is not on offer is refused with a
    TraitError that names the value and what there is, and where one trait has changed, those that no longer fit it
    follow. The built book draws a figure too, where a page has no scripts and for print: its own front end does, run by
    `book/_ext/booksite/still.py`. `fallback_html` is for places that have neither.
    """

    drawn: ClassVar[tuple[str, ...]] = ()
    """The traits that a reader can change, each behind those that it follows."""

    roots: ClassVar[tuple[str, ...]] = ()
    """Those of them that offers of others depend on and that never follow: they are checked first."""

    made: ClassVar[tuple[str, ...]] = ()
    """The traits that hold what was measured: nobody can set them later."""

    caption = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any):
        self._kept: dict[str, Any] = {}
        self._register_validator(Figure._check, self.drawn)
        self._register_validator(Figure._check_made, self.made)
        if self.drawn:
            self.observe(self._follow, list(self.drawn))
        super().__init__(**traits)
        self._kept = {name: getattr(self, name) for name in self.made}

    def notify_change(self, change: Any) -> None:
        """Send a trait together with those that follow it: a page never sees a state that does not fit."""
        with self.hold_sync():
            super().notify_change(change)

    def offers(self, name: str) -> Sequence[Any]:
        """The values of a trait that fit the others; here, all that its own kind allows."""
        trait = self.traits()[name]
        if isinstance(trait, traitlets.Bool):
            return (False, True)
        if isinstance(trait, traitlets.Enum):
            return list(trait.values or ())
        raise NotImplementedError(f"{type(self).__name__} does not say what it offers for {name}")

    def called(self, name: str) -> str:
        """What a trait is called where a value is refused."""
        return name

    def written(self, name: str, value: Any) -> str:
        """How a value of a trait is written where it is offered or refused."""
        return str(value)

    def next_best(self, name: str, offered: Sequence[Any], change: Any) -> Any:
        """What a trait becomes that no longer fits: the largest value that is not larger, or the first."""
        return max((one for one in offered if one <= getattr(self, name)), default=offered[0])

    def _offered(self, name: str, value: Any) -> Any:
        return one_of(value, self.offers(name), self.called(name), functools.partial(self.written, name))

    def _check(self, proposal: Proposal) -> Any:
        name = proposal["trait"].name
        for root in self.roots:    # they may have changed together, and wait for their own checks
            if root == name:
                break
            self._offered(root, getattr(self, root))
        return self._offered(name, proposal["value"])

    def _check_made(self, proposal: Proposal) -> Any:
        name, value = proposal["trait"].name, proposal["value"]
        if value != self._kept.get(name, value):
            raise traitlets.TraitError(f"{name} holds what was measured; it cannot be set: make another figure")
        return self._kept.get(name, value)

    def _follow(self, change: Any) -> None:
        for name in self.drawn:
            if getattr(self, name) not in (offered := self.offers(name)):
                setattr(self, name, self.next_best(name, offered, change))

    def moved(self, **values: Any) -> dict[str, Any]:
        """What the traits that a reader can change become, where some are set together; the figure stays as it is.

        TraitError for a trait that no reader can change, and for values that do not fit each other.
        """
        if unknown := [name for name in values if name not in self.drawn]:
            raise traitlets.TraitError(f"no reader can change {unknown[0]!r}; there are {', '.join(self.drawn)}")
        before = {name: getattr(self, name) for name in self.drawn}
        with self.hold_sync():
            try:
                self._put(values)
                for name, value in values.items():    # another one may have taken it along
                    self._offered(name, value)
                return {name: getattr(self, name) for name in self.drawn}
            finally:
                self._put(before)

    def _put(self, values: dict[str, Any]) -> None:
        with self.hold_trait_notifications():    # checked together
            for name, value in values.items():
                setattr(self, name, value)

    def data(self) -> tuple[Sequence[object], list[Sequence[object]]]:
        """Heads and rows of a table that says what the figure shows; here, the traits that a reader can change."""
        return ("trait", "value"), [(name, getattr(self, name)) for name in self.drawn]

    def __repr__(self) -> str:
        return f"{type(self).__name__}: {self.caption}"

    def _ipython_display_(self, **options: Any) -> None:
        """Show the figure, then what stands for it: for a page where the figure's program does not run, because its
        kernel has gone, or the network. `shared.css` hides that behind a figure that runs."""
        if own := getattr(super(), "_ipython_display_", None):    # ipywidgets 7
            own(**options)
        elif bundle := getattr(self, "_repr_mimebundle_", None):  # ipywidgets 8; None once the figure is closed
            data, metadata = bundle()
            publish_display_data(data, metadata)
        publish_display_data({"text/html": self.fallback_html()}, {"fallback": True})

    def fallback_html(self) -> str:
        """Caption and data as HTML without scripts, styles or outside references, and what to do to see the figure."""
        heads, rows = self.data()
        body = "".join(f"<tr><td>{'<td>'.join(map(_cell, row))}" for row in rows)
        table = f"<table><thead><tr><th>{'<th>'.join(map(_cell, heads))}<tbody>{body}</table>"
        return (
            f'<figure class="ln-asleep">{table}<figcaption>{escape(self.caption, quote=False)}</figcaption>'
            "<p>These are the figure's data. In a notebook, run this cell to bring the figure to life.</p></figure>"
        )


def _cell(value: object) -> str:
    """Whole numbers get thousands separators."""
    return f"{value:,}" if type(value) is int else escape(str(value), quote=False)


class Lists(Sequence[list[Any]]):
    """What a trait offers that holds `length` of some values: all such lists, too many to be counted one by one.

    With `orders`, each value stands once: what a reader rearranges. Walked through, it gives two of them.
    """

    def __init__(self, values: Sequence[Any], length: int | None = None, orders: bool = False):
        self.values, self.orders = values, orders
        self.length = len(values) if length is None else length

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, list | tuple) or len(value) != self.length:
            return False
        return all(one in self.values for one in value) and not (self.orders and len(set(value)) < len(value))

    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: Any) -> Any:
        ends = (list(self.values), list(self.values)[::-1])
        return [end if self.orders else end[:1] * self.length for end in ends][i]

    def __str__(self) -> str:
        low, high = self.values[0], self.values[-1]
        return f"{'an order' if self.orders else 'a list'} of {self.length} values from {low} to {high}"


def one_of(value: Any, offered: Sequence[Any], what: str, written: Callable[[Any], str] = str) -> Any:
    """The one on offer that equals `value`, or TraitError."""
    for one in offered:
        if one == value:
            return one
    if isinstance(offered, Lists):
        if value in offered:
            return value
        raise traitlets.TraitError(f"{what} must be {offered}; got {value}")
    words = ", ".join(map(written, offered))
    if isinstance(offered, range) and offered:
        words = f"{offered[0]} to {offered[-1]}"
    raise traitlets.TraitError(f"{what} must be one of {words}; got {written(value)}")
