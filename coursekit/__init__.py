"""Turns chapter sources into a site, notebooks and a graded course. Knows nothing about what the chapters teach."""
