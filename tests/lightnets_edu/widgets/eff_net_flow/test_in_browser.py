"""EffNet, step by step in a real browser: what only a browser can show, here the keys. Layout and contrast are asked of every figure."""

from lightnets_edu.widgets import EffNetFlow


def test_keyboard_only(page):
    """Tab order and keys of every control; the next figure stays as it was."""
    tab = page(EffNetFlow(), EffNetFlow())
    state = "(i) => ['groups', 'shares'].map((name) => models[i].get(name))"
    steps = [("Tab", [4, False]), ("End", [32, False]), ("ArrowLeft", [16, False]), ("Tab", [16, False]), ("Space", [16, True])]
    for key, expected in steps:
        tab.keyboard.press(key)
        assert tab.evaluate(state, 0) == expected, key
    assert tab.evaluate(state, 1) == [4, False]
