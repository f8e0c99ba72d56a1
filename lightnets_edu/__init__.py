"""Light convolutional networks to read, run and measure: the package behind every chapter of the book.

One direction, each part using only those before it:

    layers -> models -> cost -> diagrams, widgets -> chapters

Beside them, each for itself: `data` and `training` for small honest experiments, `timing` for times, `show` for tables
and sources on a page, and `checks`, which tells a learner what an answer got right and wrong.
Importing the package imports none of them, so that a notebook pays only for what it uses.
"""

__version__ = "0.1.0"
