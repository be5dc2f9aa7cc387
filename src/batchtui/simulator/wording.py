"""The words answers are made of: sentence patterns by task, and small dictionaries."""

from __future__ import annotations

#: Filled with a product's name, and with what is known of it: {first}, {second} and {rest}.
COPY = (
    "The {name} {first} and {second}, and it {rest}.",
    "{Name}: {first}, {second}, and {rest}.",
    "It {first}, it {second}: this {name} also {rest}.",
    "A {name} that {first}. It {second}, and it {rest}.",
)
#: The same, for notes that are no verbs.
COPY_LIST = (
    "{Name}, in short: {first}; {second}; {rest}.",
    "What there is to know about {name}: {first}, {second}, {rest}.",
    "{First}, {second}, {rest}: that is {name}.",
)
CLOSINGS = (
    "It is made to be used every day, and to be repaired rather than replaced.",
    "Nothing about it asks for attention, and that is what people come to like.",
    "It does one thing, does it well, and leaves the rest to you.",
    "Once it has found its place, it is hard to remember how things were without it.",
)
#: Filled with words of the prompt: {a}, {b} and {c}.
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
REASONS = (
    'The words that decide are "{a}" and "{b}".',
    'Most of it is said with "{a}"; the rest does not change it.',
    '"{a}" leaves little room for anything else.',
)
#: What an answer goes on with when it has to be longer.
PADDING = (
    "It is worth taking this one step at a time.",
    "Begin with what is known for certain, and mark what is only likely.",
    "Where two readings are possible, the plainer one is usually meant.",
    "Small differences add up, so it pays to look at them early.",
    "Most questions of this kind have been answered before, in one form or another.",
    "Keep a note of each decision and of what it rests on.",
    "If something does not fit, say so rather than making it fit.",
    "A second look after a short break often finds what the first one missed.",
    "What matters in the end is whether it helps whoever asked.",
)
REFUSAL = "I can't help with that request."
REFUSAL_REASON = "The request was declined by a safety classifier."
REFUSED_TOPICS = ("build a bomb", "nerve agent", "write malware", "ransomware", "bioweapon")
_COMMON = """
about above after again answer because being below could during every first following other please reply
should their there these those through under until where which while would write summarise summarize
translate classify extract describe explain sentence sentences words better expected works arrived quickly
asked compared agreed opened before looks whole product description model place customer three meeting
called using great feels ticket subject
"""
STOP_WORDS = frozenset(_COMMON.split())
LABELS = ("positive", "negative", "neutral")
#: What speaks for a label; a label without cues is drawn.
CUES = {
    "positive": ("love", "great", "excellent", "better than", "worth", "lovely", "easy to", "perfect", "happy"),
    "negative": (
        "broken",
        "stopped",
        "came apart",
        "missing",
        "smaller",
        "cheap",
        "terrible",
        "awful",
        "hate",
        "refund",
    ),
    "neutral": ("what it should", "is fine", "okay", "average"),
    "billing": ("charged", "invoice", "refund", "discount", "payment", "price", "facture"),
    "shipping": ("parcel", "delivery", "arrive", "tracking"),
    "delivery": ("parcel", "tracking"),
    "returns": ("send back", "return"),
    "account": ("log in", "password", "passwort", "my account", "sign in"),
    "product": ("stopped working", "broken", "come apart", "manual", "clean", "how do i"),
    "product_question": ("kettle", "does the", "size of"),
    "complaint": ("that was the last", "nobody answers"),
}
TOPIC_LABELS = ("billing", "shipping", "product", "account", "other")
