"""The class that every figure derives from: what is sent, what is refused, what stands for it elsewhere."""

import pytest
import traitlets

from lightnets_edu.widgets.kit import Figure, one_of


class Bare(Figure):
    """A figure with one trait."""

    _esm = "export default {}"
    drawn = ("size",)
    size = traitlets.Int(1).tag(sync=True)


def test_where_nothing_can_be_drawn_there_are_caption_and_data():
    figure = Bare(size=12_345, caption="Sizes < others")
    assert figure.data() == (("trait", "value"), [("size", 12_345)])
    assert figure.fallback_html() == (
        "<p>Sizes &lt; others</p><table><thead><tr><th>trait<th>value<tbody><tr><td>size<td>12,345</table>"
    )
    assert "fallback" not in figure.traits()


class Followed(Bare):
    """A figure one of whose traits follows the other."""

    double = traitlets.Int(2).tag(sync=True)

    @traitlets.observe("size")
    def _follow(self, change) -> None:
        self.double = 2 * change["new"]


def test_what_follows_is_sent_in_the_same_message(monkeypatch):
    figure, sent = Followed(), []
    monkeypatch.setattr(figure, "_send", lambda message, buffers=None: sent.append(message["state"]), raising=True)
    figure.size = 3
    figure.double = 8
    assert sent == [{"size": 3, "double": 6}, {"double": 8}]


def test_one_of():
    assert one_of("size", 3, range(1, 4)) == 3 and one_of("kind", "a", ("a", "b")) == "a"
    with pytest.raises(traitlets.TraitError, match="size must be one of 1 to 3; got 4"):
        one_of("size", 4, range(1, 4))
    with pytest.raises(traitlets.TraitError, match="kind must be one of a, b; got c"):
        one_of("kind", "c", iter("ab"))
