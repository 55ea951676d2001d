"""Signs of numbers and names of months in our three languages: CLDR's, written by tools/cldr.py from Babel.

What belongs here: only that. What does not: anything written by hand; printing with it (formats.py).
"""

GROUP = {"fi": "\u00a0", "sv": "\u00a0", "en": ","}
DECIMAL = {"fi": ",", "sv": ",", "en": "."}
MINUS = {"fi": "\u2212", "sv": "\u2212", "en": "-"}
PERCENT = {"fi": "\u00a0%", "sv": "\u00a0%", "en": "%"}
MONTHS = {
    "fi": [
        "tammikuu",
        "helmikuu",
        "maaliskuu",
        "huhtikuu",
        "toukokuu",
        "kesäkuu",
        "heinäkuu",
        "elokuu",
        "syyskuu",
        "lokakuu",
        "marraskuu",
        "joulukuu",
    ],
    "sv": [
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
