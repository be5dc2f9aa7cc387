"""The words answers are made of: sentence patterns by task, and small dictionaries."""

from __future__ import annotations

#: Filled with words of the prompt: {a}, {b} and {c}.
SUMMARY = (
    "The text is mainly about {a}, and it sets {b} beside {c}.",
    "In short, {a} matters most here; {b} follows from it.",
    "Its central point is that {a} depends on {b}.",
    "The author links {a} with {c} and leaves {b} open.",
    "What stands out is the weight given to {b} compared with {a}.",
    "Overall it reads as an account of {a}, with {c} as the main example.",
)
WRITING = (
    "Meet {a}: made for people who care about {b}.",
    "With {a}, {b} stops being a chore and becomes part of the day.",
    "Every detail, from {c} to {b}, was chosen with care.",
    "It brings {a} and {c} together without fuss.",
    "Try it once and {b} will never feel the same.",
    "Simple, sturdy and honest about {c}: that is the whole idea.",
)
GENERAL = (
    "The short answer is that {a} comes first, because {b} depends on it.",
    "A good way to think about {a} is to start from {c}.",
    "In practice {b} and {c} are handled together, which keeps {a} simple.",
    "There are exceptions: when {c} is small, {b} hardly matters.",
    "It helps to write down what {a} should do before touching {b}.",
    "Most of the difficulty lies in {b}, not in {a}.",
    "If {c} changes, {a} should be looked at again.",
    "Taken together, {a}, {b} and {c} explain most of what you see.",
)
BULLETS = (
    "- **{a}**: check it first",
    "- **{b}**: follows from {a}",
    "- **{c}**: only where it is needed",
)
THINKING = (
    "The request turns on {a}. ",
    "I should check how {b} relates to {c} before answering. ",
    "The simplest reading is the one about {a}. ",
    "Nothing here contradicts {b}. ",
)
REFUSAL = "I can't help with that request."
REFUSAL_REASON = "The request was declined by a safety classifier."
REFUSED_TOPICS = ("build a bomb", "nerve agent", "write malware", "ransomware", "bioweapon")
_COMMON = """
about above after again answer because being below could during every first following other please reply
should their there these those through under until where which while would write summarise summarize
translate classify extract describe explain sentence sentences words better expected works arrived quickly
asked compared agreed opened before looks whole product description model place customer three meeting
called using great feels
"""
STOP_WORDS = frozenset(_COMMON.split())
LABELS = ("positive", "negative", "neutral")
#: What speaks for a label; a label without cues is drawn.
CUES = {
    "positive": ("love", "great", "excellent", "better than", "worth", "lovely", "easy to", "perfect", "happy"),
    "negative": ("broken", "stopped", "missing", "louder", "cheap", "terrible", "awful", "hate", "refund"),
    "neutral": ("what it should", "is fine", "okay", "average"),
    "billing": ("charged", "invoice", "refund", "discount", "payment", "price"),
    "shipping": ("parcel", "delivery", "replacement", "arrive", "tracking"),
    "account": ("log in", "password", "my account", "sign in"),
    "product": ("broken", "manual", "spare part", "how do i"),
}
TOPIC_LABELS = ("billing", "shipping", "product", "account", "other")

TRANSLATIONS = {
    "german": (
        "Die Übersetzung lautet",
        {
            "the": "das", "a": "ein", "and": "und", "is": "ist", "not": "nicht", "good": "gut", "very": "sehr",
            "i": "ich", "we": "wir", "you": "Sie", "with": "mit", "for": "für", "of": "von", "to": "zu", "in": "in",
            "day": "Tag", "house": "Haus", "new": "neu", "time": "Zeit", "today": "heute", "thank": "danke",
        },
    ),
    "french": (
        "La traduction est",
        {
            "the": "le", "a": "un", "and": "et", "is": "est", "not": "pas", "good": "bon", "very": "très",
            "i": "je", "we": "nous", "you": "vous", "with": "avec", "for": "pour", "of": "de", "to": "à",
            "in": "dans", "day": "jour", "house": "maison", "new": "nouveau", "time": "temps",
            "today": "aujourd'hui",
        },
    ),
    "spanish": (
        "La traducción es",
        {
            "the": "el", "a": "un", "and": "y", "is": "es", "not": "no", "good": "bueno", "very": "muy",
            "i": "yo", "we": "nosotros", "you": "usted", "with": "con", "for": "para", "of": "de", "to": "a",
            "in": "en", "day": "día", "house": "casa", "new": "nuevo", "time": "tiempo", "today": "hoy",
        },
    ),
}  # fmt: skip
