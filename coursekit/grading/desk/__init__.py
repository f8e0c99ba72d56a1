"""The teacher's desk: from a learning platform's download and class list to `submitted/`, and marks back again.

What students named or packed is hostile here too: no name of theirs becomes a path, sizes are counted while reading.
"""
