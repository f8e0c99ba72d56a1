"""Turns chapter sources into a site, notebooks and a graded course. Knows nothing about what the chapters teach."""

import sys

# For more than a second, jsonschema builds a parser of international addresses when it is imported; no schema of a
# notebook asks for one. Without this package it does without.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
