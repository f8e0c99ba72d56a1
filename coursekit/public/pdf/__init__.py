"""The book as a PDF: the pages of the built site, one after the other, printed by Chromium."""
