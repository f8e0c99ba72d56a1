"""The class that every figure derives from: what is sent, what is refused, what stands for it elsewhere."""

import pytest
import traitlets

from lightnets_edu.widgets.kit import Figure, one_of


class Bare(Figure):
    """A figure with one trait."""

    _esm = "export default {}"
    drawn = ("size",)
    size = traitlets.Int(1).tag(sync=True)

    def offers(self, name):
        return range(100_000)


def test_where_nothing_can_be_drawn_there_are_caption_and_data():
    figure = Bare(size=12_345, caption="Sizes < others")
    assert figure.data() == (("trait", "value"), [("size", 12_345)])
    assert figure.fallback_html() == (
        '<figure class="ln-asleep"><table><thead><tr><th>trait<th>value<tbody><tr><td>size<td>12,345</table>'
        "<figcaption>Sizes &lt; others</figcaption>"
        "<p>These are the figure's data. In a notebook, run this cell to bring the figure to life.</p></figure>"
    )
    assert "fallback" not in figure.traits()


def test_a_closed_figure_shows_caption_and_data_alone(monkeypatch):
    shown, figure = [], Bare(size=4, caption="Four.")
    monkeypatch.setattr("lightnets_edu.widgets.kit.figure.publish_display_data", lambda *output: shown.append(output))
    figure._ipython_display_()
    figure.close()
    figure._ipython_display_()
    assert repr(figure) == "Bare: Four." == shown[0][0]["text/plain"]
    assert len(shown) == 3 and shown[1] == shown[2] == ({"text/html": figure.fallback_html()}, {"fallback": True})


class Followed(Figure):
    """A figure one of whose traits must divide another, and one that was measured."""

    _esm = "export default {}"
    drawn = ("size", "on", "part", "way")
    roots = ("size",)
    made = ("found",)
    size = traitlets.Int(12).tag(sync=True)
    on = traitlets.Bool(True).tag(sync=True)
    part = traitlets.Int(4).tag(sync=True)
    way = traitlets.Enum(["one", "other"], "one").tag(sync=True)
    found = traitlets.Dict().tag(sync=True)

    def offers(self, name):
        if name == "size":
            return range(1, 13)
        return [n for n in range(1, 13) if self.size % n == 0] if name == "part" else super().offers(name)

    def called(self, name):
        return f"part of {self.size}" if name == "part" else name

    def written(self, name, value):
        return f"<{value}>" if name == "part" else str(value)


def test_what_follows_is_sent_in_the_same_message(monkeypatch):
    figure, sent = Followed(), []
    monkeypatch.setattr(figure, "_send", lambda message, buffers=None: sent.append(message["state"]), raising=True)
    figure.size = 9
    figure.part = 1
    assert sent == [{"size": 9, "part": 3}, {"part": 1}]
    figure.size = 8
    assert figure.part == 1, "what fits stays"


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"part": 5}, "part of 12 must be one of <1>, <2>, <3>, <4>, <6>, <12>; got <5>"),
        ({"size": 13}, "size must be one of 1 to 12; got 13"),
        ({"part": 5, "size": 10}, None),
        ({"part": 3, "size": 10}, "part of 10 must be one of <1>, <2>, <5>, <10>; got <3>"),
        ({"part": 4, "size": 10**12}, "size must be one of 1 to 12; got 1000000000000"),
        ({"way": "third"}, "third"),
        ({"found": {"a": 2}}, "found holds what was measured; it cannot be set"),
        ({"found": {"a": 1}}, None),
    ],
)
def test_what_does_not_fit_is_refused_at_once_and_by_name(values, said):
    """When the figure is made, by Python and from the page; a value and those that limit it may come together."""
    figure = Followed(found={"a": 1})
    before = {name: getattr(figure, name) for name in figure.drawn}
    if said is None:
        figure.set_state(values)
        assert {name: getattr(figure, name) for name in values} == values
        return
    acts = [figure.set_state]
    if len(values) == 1:
        acts.append(lambda values: setattr(figure, *values.popitem()))
    for act in acts:
        with pytest.raises(traitlets.TraitError, match=said):
            act(dict(values))
        assert {name: getattr(figure, name) for name in figure.drawn} == before and figure.found == {"a": 1}
    if "found" not in values:
        with pytest.raises(traitlets.TraitError, match=said):
            Followed(**values)


def test_a_figure_must_say_what_it_offers():
    with pytest.raises(NotImplementedError, match="Bare does not say what it offers for size"):
        Figure.offers(Bare(), "size")
    assert Followed().offers("on") == (False, True) and Followed().offers("way") == ["one", "other"]


def test_one_of():
    assert one_of(3, range(1, 4), "size") == 3 and one_of("a", ("a", "b"), "kind") == "a"
    assert one_of(True, (1, 2), "size") is not True, "what is on offer, not what is equal to it"
    with pytest.raises(traitlets.TraitError, match="size must be one of 1 to 3; got 4"):
        one_of(4, range(1, 4), "size")
    with pytest.raises(traitlets.TraitError, match="kind must be one of a, b; got c"):
        one_of("c", "ab", "kind")
