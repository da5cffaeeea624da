"""The words that figures are written with. Data only."""

# ruff: noqa: SIM905 - word lists read better as text

# Kinds of tokens. Short strings, because the grammar compares them for every word.
DIGITS, SMALL, TENS, SCALE, HALF, PART, VAGUE, ZERO = (
    "digits",
    "small",
    "tens",
    "scale",
    "half",
    "part",
    "vague",
    "zero",
)
HYPHEN, MONEY, CHANGE, SKIP, OTHER = "hyphen", "money", "change", "skip", "other"
AND, TO, OF, BETWEEN, FROM, BY = "and", "to", "of", "between", "from", "by"

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
SMALLS = {word: value for value, word in enumerate(_SMALL.split())} | {"single": 1, "pair": 2, "duo": 2, "trio": 3}
TENS_WORDS = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
} | {"fourty": 40}
SCALES = {
    "dozen": 12, "score": 20, "hundred": 100, "thousand": 10**3, "lakh": 10**5, "lac": 10**5, "million": 10**6,
    "crore": 10**7, "billion": 10**9, "trillion": 10**12, "mn": 10**6, "mln": 10**6, "bn": 10**9, "tn": 10**12,
    "lakhs": 10**5, "lacs": 10**5, "crores": 10**7, "cr": 10**7,
}  # fmt: skip
# Only right behind digits: "1.3m", but "5 m" may be metres.
GLUED_SCALES = {"m": 10**6, "k": 10**3, "b": 10**9, "t": 10**12}
HALVES = {"half": (1, 2), "½": (1, 2), "¼": (1, 4), "¾": (3, 4), "⅓": (1, 3), "⅔": (2, 3), "quarter": (1, 4)}
# The lower part of a fraction, behind a number or an article: "two thirds", "a third of".
PARTS = {
    "third": 3, "thirds": 3, "quarters": 4, "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6,
    "eighth": 8, "eighths": 8, "tenth": 10, "tenths": 10, "halves": 2,
}  # fmt: skip
VAGUES = {
    "dozens": "dozens", "scores": "scores", "tens": "tens", "hundreds": "hundreds", "thousands": "thousands",
    "millions": "millions", "billions": "billions", "several": "several", "few": "few", "many": "many",
    "numerous": "numerous", "multiple": "multiple", "various": "various", "handful": "handful", "couple": "couple",
    "some": "some", "countless": "countless", "scattered": "some",
}  # fmt: skip
VAGUE_PHRASES = {
    "large number": "large number", "large numbers": "large number", "great number": "large number",
    "huge number": "large number", "high number": "large number", "significant number": "large number",
    "considerable number": "large number", "a lot": "large number", "lots": "large number",
    "large group": "large number", "small number": "small number", "small group": "small number",
    "unknown number": "unknown", "unspecified number": "unknown", "undisclosed number": "unknown",
    "undetermined number": "unknown", "unconfirmed number": "unknown", "number of": "some", "quite a few": "several",
}  # fmt: skip
VAGUE_CLASSES = frozenset(VAGUES.values()) | frozenset(VAGUE_PHRASES.values()) | {"plural"}
# Kept as class names of vague counts of counts: "several hundred", "tens of thousands".
VAGUE_SCALES = {
    word: plural
    for one in ("dozen", "hundred", "thousand", "lakh", "million", "crore", "billion")
    for word, plural in ((one, one), (one + "s", one + "s"))
}
ZEROS = ("no", "none", "nobody", "nil", "without", "neither")
ZERO_PHRASES = ("no one", "not a single", "not one", "not any")

# Hedges before a number and what they make of it. "below" is an approximation from below.
HEDGES = {
    "ge": ("at least", "no fewer than", "no less than", "not less than", "not fewer than", "a minimum of",
           "minimum of", "minimum", "as few as", "at the very least", "≥", "> ="),
    "gt": ("more than", "over", "above", "in excess of", "exceeding", "upwards of", "upward of", "greater than",
           "north of", "beyond", ">"),
    "le": ("up to", "as many as", "as much as", "at most", "no more than", "not more than", "a maximum of",
           "maximum of", "maximum", "at the most", "not exceeding", "≤", "< ="),
    "lt": ("less than", "fewer than", "under", "below", "lower than", "<"),
    "below": ("nearly", "almost", "approaching", "just short of", "not quite"),
    "approx": ("about", "around", "roughly", "approximately", "approx", "approx .", "circa", "ca", "ca .", "estimated",
               "some", "close to", "in the region of", "in the order of", "on the order of", "in the vicinity of",
               "more or less", "perhaps", "possibly", "probably", "an average of", "~", "≈"),
}  # fmt: skip
# Hedges behind a number.
HEDGES_BEHIND = {
    "ge": ("at least", "or more", "plus", "and more", "and counting", "or above", "and above", "+", "minimum"),
    "gt": ("or over", "and upwards", "and over"),
    "le": ("at most", "or fewer", "or less", "at the most", "maximum", "or under", "or below"),
    "approx": ("or so", "odd", "or thereabouts", "approximately", "roughly", "more or less", "give or take", "approx"),
}
# Words that may stand between a hedge and its number without changing either.
SKIPS = frozenset(
    "a an the another other others further additional extra total all exactly precisely just only well slightly little "
    "much very far its their his these those mere merely also including includes include among such toll".split()
)
RISES = frozenset(
    "increase increased increases increasing rise rose risen rises rising grow grew grown growth up gain gained jump "
    "jumped surge surged climb climbed soar soared higher raised".split()
)
FALLS = frozenset(
    "decrease decreased decreases decreasing fall fell fallen falls falling drop dropped decline declined down "
    "shrink shrank reduce reduced reduction cut lower plunged".split()
)

CURRENCIES = {
    "$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY", "₨": "Rs", "؋": "AFN", "usd": "USD", "us$": "USD",
    "inr": "INR", "pkr": "PKR", "eur": "EUR", "gbp": "GBP", "afn": "AFN", "npr": "NPR", "lkr": "LKR", "bdt": "BDT",
    "rs": "Rs", "irr": "IRR", "chf": "CHF", "aud": "AUD", "cad": "CAD", "jpy": "JPY", "cny": "CNY", "sar": "SAR",
    "aed": "AED", "rub": "RUB", "₽": "RUB", "₺": "TRY", "₦": "NGN", "₩": "KRW", "₪": "ILS", "৳": "BDT", "tk": "BDT",
}  # fmt: skip
# Behind a number. "dollars" and "rupees" of an unnamed country keep the bare word: nothing is guessed.
UNITS = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pounds": "pounds", "rupee": "Rs", "rupees": "Rs",
    "afghani": "AFN", "afghanis": "AFN", "afs": "AFN", "toman": "toman", "tomans": "toman", "taka": "BDT",
    "percent": "percent", "pct": "percent", "%": "percent", "٪": "percent",
    "kg": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg", "kilo": "kg", "kilos": "kg", "g": "g", "gm": "g",
    "gram": "g", "grams": "g", "gms": "g", "tonne": "t", "tonnes": "t", "ton": "t", "tons": "t", "quintal": "quintal",
    "quintals": "quintal", "lb": "lb", "lbs": "lb", "km": "km", "kms": "km", "kilometer": "km", "kilometers": "km",
    "kilometre": "km", "kilometres": "km", "mile": "mile", "miles": "mile", "m": "m", "meter": "m", "meters": "m",
    "metre": "m", "metres": "m", "feet": "ft", "foot": "ft", "ft": "ft", "cm": "cm", "mm": "mm", "acre": "acre",
    "acres": "acre", "hectare": "ha", "hectares": "ha", "ha": "ha", "litre": "l", "litres": "l", "liter": "l",
    "liters": "l", "second": "second", "seconds": "second", "minute": "minute", "minutes": "minute", "hour": "hour",
    "hours": "hour", "day": "day", "days": "day", "week": "week", "weeks": "week", "month": "month",
    "months": "month", "year": "year", "years": "year", "°": "degree", "degrees": "degree",
} | {word: code for word, code in CURRENCIES.items() if len(code) == 3 and code != "Rs"}  # fmt: skip
