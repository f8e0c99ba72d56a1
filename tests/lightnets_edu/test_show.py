"""Tables and sources as a chapter shows them."""

import matplotlib
import pytest

from lightnets_edu import layers, show


def test_a_table_separates_thousands_and_sets_numbers_right():
    text = show.table(["name", "count"], [("a", 1531936), ("b", 2)])._repr_markdown_()
    assert text.splitlines() == ["| name | count |", "| :-- | --: |", "| a | 1,531,936 |", "| b | 2 |"]


def test_a_ragged_table_is_refused():
    with pytest.raises(ValueError, match="a row has 1 entries and the table 2 columns"):
        show.table(["a", "b"], [(1,)])


def test_the_source_is_the_file_s_own():
    text = show.source(layers.divide)._repr_markdown_()
    assert text.startswith("```python\ndef divide(") and text.endswith("\n```") and "raise ValueError" in text


def test_plots_become_text_that_is_the_same_every_time(tmp_path):
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():
        show.vector_plots()
        drawn = []
        for name in ("a.svg", "b.svg"):
            fig, ax = plt.subplots()
            ax.set_title("real text")
            fig.savefig(tmp_path / name, metadata={"Date": None})
            plt.close(fig)
            drawn.append((tmp_path / name).read_text())
    assert drawn[0] == drawn[1] and ">real text</text>" in drawn[0]
