"""The languages of the project.

What belongs here: their codes, in the order of the pages. What does not: words (site/locales.py), formats (formats.py).
"""

LANGUAGES = ("fi", "sv", "en")
