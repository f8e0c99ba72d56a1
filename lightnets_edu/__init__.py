"""Light convolutional networks to read, run and measure: the package behind every chapter of the book.

One direction, each part using only those before it:

    layers -> models -> cost -> widgets -> chapters

`checks` stands apart: it tells a learner what an answer got right and wrong, and knows nothing about networks.
Importing the package imports none of them, so that a notebook pays only for what it uses.
"""

__version__ = "0.1.0"
