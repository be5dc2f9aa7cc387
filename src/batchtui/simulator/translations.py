"""What the simulated models know of German, French and Spanish: phrases of the examples, and some words."""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """How a translation begins that is made word by word, whole phrases, and single words, all in lower case."""

    opening: str
    phrases: dict[str, str]
    words: dict[str, str]


_NAMES = ("german", "french", "spanish")
_PHRASES = """
espresso machine | Espressomaschine | Machine à espresso | Cafetera exprés
standing desk | Stehschreibtisch | Bureau assis-debout | Escritorio elevable
garden lantern | Gartenlaterne | Lanterne de jardin | Farol de jardín
travel kettle | Reisewasserkocher | Bouilloire de voyage | Hervidor de viaje
ceramic planter | Keramik-Blumentopf | Pot en céramique | Maceta de cerámica
rain jacket | Regenjacke | Veste de pluie | Chubasquero
wool blanket | Wolldecke | Couverture en laine | Manta de lana
desk lamp | Schreibtischlampe | Lampe de bureau | Lámpara de escritorio
folding bicycle | Faltrad | Vélo pliant | Bicicleta plegable
chess set | Schachspiel | Jeu d'échecs | Juego de ajedrez
kitchen clock | Küchenuhr | Horloge de cuisine | Reloj de cocina
oak frame | Eichenrahmen | Cadre en chêne | Marco de roble
oak | Eiche | chêne | roble
black | schwarz | noir | negro
sand | sandfarben | sable | arena
sea blue | meerblau | bleu océan | azul marino
moss green | moosgrün | vert mousse | verde musgo
good morning, {name}! | Guten Morgen, {name}! | Bonjour, {name} ! | ¡Buenos días, {name}!
only %d seats left | Nur noch %d Plätze frei | Plus que %d places | Solo quedan %d plazas
cancel this booking? | Diese Buchung stornieren? | Annuler cette réservation ? | ¿Cancelar esta reserva?
you get back {amount} within five days. | Du bekommst {amount} innerhalb von fünf Tagen zurück. | Tu récupères {amount} sous cinq jours. | Recuperas {amount} en cinco días.
no trips on this day. try the day before or after? | An diesem Tag gibt es keine Fahrten. Lieber einen Tag früher oder später? | Aucun trajet ce jour-là. Essayer la veille ou le lendemain ? | No hay viajes ese día. ¿Pruebas un día antes o después?
tell me about <b>cheap</b> weekends | Erzählt mir von <b>günstigen</b> Wochenenden | Parlez-moi des week-ends <b>pas chers</b> | Contadme fines de semana <b>baratos</b>
you are offline. we keep your changes and send them later. | Du bist offline. Wir behalten deine Änderungen und senden sie später. | Tu es hors ligne. Tes changements sont gardés et envoyés plus tard. | No tienes conexión. Guardamos tus cambios y los enviamos después.
"""  # noqa: E501 - a table
_WORDS = """
the | das | la | la
a | ein | un | un
and | und | et | y
is | ist | est | es
not | nicht | pas | no
good | gut | bon | bueno
very | sehr | très | muy
i | ich | je | yo
we | wir | nous | nosotros
you | Sie | vous | usted
with | mit | avec | con
for | für | pour | para
of | von | de | de
to | zu | à | a
in | in | dans | en
day | Tag | jour | día
house | Haus | maison | casa
new | neu | nouveau | nuevo
time | Zeit | temps | tiempo
today | heute | aujourd'hui | hoy
thank | danke | merci | gracias
"""
_OPENINGS = ("Die Übersetzung lautet", "La traduction est", "La traducción es")


def _column(table: str, number: int) -> dict[str, str]:
    rows = [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]
    return {row[0]: row[number] for row in rows}


LANGUAGES = {
    name: Language(_OPENINGS[n], _column(_PHRASES, n + 1), _column(_WORDS, n + 1)) for n, name in enumerate(_NAMES)
}
