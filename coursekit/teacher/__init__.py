"""The teacher's build: public notebooks and private halves -> an nbgrader course. The public build never reads it."""
