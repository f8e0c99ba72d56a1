"""Grading: hand-ins are repaired, answers run in a sandbox, hidden tests outside it, one writer keeps the marks."""
