"""The public build: chapter sources -> site and notebooks. Nothing in here opens the teacher's half."""
