"""The shop that the demo's past is about: what it sells, what customers write, and how it answers them."""

from __future__ import annotations

from typing import NamedTuple

#: What is sold, and what is to be said about each: verbs of which the product is the subject.
PRODUCTS = {
    "espresso machine": ("heats up in forty seconds", "fits under low shelves", "descales itself"),
    "standing desk": ("remembers four heights", "rises without a sound", "carries ninety kilos"),
    "garden lantern": ("lights up at dusk", "runs eight hours on a sunny day", "stays bright in the rain"),
    "travel kettle": ("folds to the size of a cup", "works on both voltages", "boils half a litre in four minutes"),
    "ceramic planter": ("waters from below", "comes with a cork saucer", "survives a mild frost"),
    "rain jacket": ("packs into its own pocket", "keeps dry for a whole day", "mends with one patch"),
    "wool blanket": ("warms without weight", "airs clean overnight", "comes from one mill in Galway"),
    "desk lamp": ("dims in five steps", "turns on two joints", "keeps its setting after a power cut"),
    "folding bicycle": ("folds in ten seconds", "fits under a train seat", "shifts three gears in the hub"),
    "chess set": ("rolls up for the journey", "stands firm on felt", "comes with two spare queens"),
    "kitchen clock": ("moves in silence", "counts down an hour", "runs two years on one battery"),
    "oak frame": ("hangs both ways", "opens without a tool", "holds prints of fifty by seventy"),
}
FINISHES = ("oak", "black", "sand", "sea blue", "moss green")
NAMES = ("Amara", "Björn", "Chiara", "Dmitri", "Elif", "Fatou", "Goran", "Hana", "Imani", "João", "Keiko", "Lars")
PLACES = ("Lisbon", "Osaka", "Nairobi", "Zürich", "Montréal", "Kraków", "Valparaíso", "Tallinn")

GUIDE = """
What holds at Oak & Ember: parcels leave the day after the order and take two to four working days. Whoever has
waited for more than seven gets a second parcel, and keeps both if the first one turns up. Money goes back the
way it came, within five working days, and never as a voucher unless the customer asks for one. Returns are free
for thirty days, used or not, with the label that is in every parcel. What breaks within three years is replaced
without photographs or questions. Discount codes work once for each customer; where one has failed for no fault
of theirs the difference is paid back. Accounts are opened again with a link by mail that works for an hour.
Invoices with another name or tax number are made anew on the same day. Never promise a day that the carrier
decides, never ask for a card number, and hand over to a colleague whatever is about injuries, lawyers or the
press.
"""

SHORT_STYLE = "You answer customers of Oak & Ember, a shop for the home. Reply in two or three short sentences."
WARM_STYLE = (
    "You answer customers of Oak & Ember, a shop for the home. Be warm: greet by name, say what happens next, and "
    "offer one thing more. At most eighty words."
)


class Concern(NamedTuple):
    """What customers write about: a ticket, how it is known again, and what is answered.

    The answer is `sorry` or `warmly`, then the `fact`, then, for a warm one, `more`.
    """

    subject: str
    body: str
    cues: tuple[str, ...]
    sorry: str
    warmly: str
    fact: str
    more: str


CONCERNS = (
    Concern(
        "Charged twice",
        "I was charged twice for the {product}, order {order}. Please put this right.",
        ("charged", "refund"),
        "We are sorry that you were charged twice.",
        "thank you for telling us, and sorry for the fright: one payment too many has been taken.",
        "The second payment has been sent back and will be on your account within five working days.",
        "If it is not there by then, answer this mail and I will call the bank myself.",
    ),
    Concern(
        "Where is my parcel?",
        "My {product} was to be here on Monday, and the tracking page has not changed since. Order {order}.",
        ("parcel", "tracking"),
        "We are sorry that your parcel is late.",
        "waiting without any news is no fun, and I am sorry about it.",
        "A second parcel leaves the warehouse tomorrow; if the first one turns up, keep both.",
        "I will write again as soon as the carrier has it, so there is nothing for you to do.",
    ),
    Concern(
        "Cannot log in",
        "I cannot log in to see my order {order} of the {product}, and no mail comes to reset the password.",
        ("log in", "password", "passwort", "account"),
        "We have opened your account again.",
        "how annoying to stand in front of a closed door. It is open again.",
        "A new link is on its way to you and works for one hour; please look among the spam as well.",
        "Your order is safe either way and leaves as planned.",
    ),
    Concern(
        "Discount code",
        "The discount code did nothing when I bought the {product}. Order {order}, I paid the full price.",
        ("discount", "voucher"),
        "We are sorry that the code did not work.",
        "that code should have worked, and you should not have paid in full.",
        "Fifteen per cent of the price has been sent back to your card.",
        "The code stays good for your next order, as a thank you for your patience.",
    ),
    Concern(
        "Broken after two weeks",
        "After two weeks the {product} has come apart. I would like another one. Order {order}.",
        ("broken", "come apart", "stopped working", "burn"),
        "We are sorry that it did not last; please do not use it any more.",
        "two weeks is far too short a life, and I am sorry. Please do not use it any more.",
        "A new one leaves tomorrow, and the label in the box takes the old one back for free.",
        "Tell me if you would rather have your money back, and I will see to it today.",
    ),
    Concern(
        "How to clean it",
        "How do I clean the {product} without harming it? It came with order {order} and no leaflet.",
        ("clean", "care for", "safe to"),
        "Warm water and a soft cloth are enough.",
        "good that you ask before you scrub.",
        "Leave out vinegar and anything with bleach, and let it dry in the open.",
        "I have put the leaflet into this mail, with a page on small repairs.",
    ),
    Concern(
        "Return",
        "I would like to send back the {product}, order {order}. It is unused, I chose the wrong colour.",
        ("send back", "send it back", "wrong colour", "return"),
        "Of course, returns are free for thirty days.",
        "of course, colours on a screen are a gamble.",
        "Use the label that came in the parcel; the money follows within five working days.",
        "If you tell me which colour you had in mind, I will put one aside for you.",
    ),
    Concern(
        "Invoice",
        "Could you send me the invoice for the {product}, order {order}, with the tax number of our company?",
        ("invoice", "facture", "rechnung"),
        "The invoice is attached.",
        "here it is, with the number you gave us.",
        "It carries your tax number and replaces the one that came with the order.",
        "From now on all invoices to this address are made out like that.",
    ),
)
OTHER = Concern(
    "",
    "",
    (),
    "Thank you for writing to us.",
    "thank you for writing to us; I have looked into it.",
    "We will see to it today and write to you as soon as it is done.",
    "Until then there is nothing for you to do.",
)
SIGNED = "Maya, Oak & Ember"
