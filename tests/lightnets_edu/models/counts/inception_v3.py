"""Inception v3: our counts, and what is printed."""

from counts import Row

ROWS = (
    Row("inception_v3", 299, 23_834_568, 5_713_216_096, "23.626728"),
)
DEPARTURES = {
    "inception_v3 params": "counted by the Xception paper in the author's first Keras file: test_count_in_the_xception_paper",
}
NOT_HERE = {"inception_v3_with_aux": "the auxiliary head, which only training uses, is left out"}
