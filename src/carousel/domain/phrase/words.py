"""The words that say something about a car, in English, German and Czech, and what each says.

Owns:    the table of words, how their endings are written.
Imports: domain.listing, domain.phrase.tokens.

In the table ``rot~`` stands for a German adjective with all its endings and ``červen^`` for a Czech
one. Names of makes, models and places are not here: they come from the cars for sale, and what
people call them besides from ``nicknames``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from types import MappingProxyType

from carousel.domain.listing import Body, Fuel, SellerType, Transmission
from carousel.domain.phrase.tokens import key_of

GERMAN_ENDINGS = ("", "e", "er", "es", "en", "em")
CZECH_ENDINGS = ("ý", "á", "é", "ou", "ého", "ých", "ým", "ými", "ém", "í")


class Kind(Enum):
    """What a word does in a phrase."""

    FILTER = auto()  # asks for a value of a filter
    ENGINE = auto()  # does the same, by what a maker calls its engines
    BOUND = auto()  # a number after it is the least or the most
    AFTER = auto()  # the number before it is the least or the most
    BETWEEN = auto()  # two numbers follow
    RANGE = auto()  # stands between the two numbers of a range
    FIELD = auto()  # a number after it is of this field
    UNIT = auto()  # a number before it is of this unit
    TIMES = auto()  # a number before it is so many times itself
    SORT = auto()
    NEAR = auto()  # a place after it is the middle of a circle
    ASIDE = auto()  # a number beside it is of something that no filter knows
    NOT = auto()  # what follows is not wanted, which no filter can say
    EMPTY = auto()  # says nothing about a car, and is not worth telling
    UNHEARD = auto()  # says something that no filter knows, and is no mistyped name


@dataclass(frozen=True, slots=True)
class Word:
    """What a word says: ``name`` is of the filter, unit or bound, ``value`` what it is set to."""

    kind: Kind
    name: str = ""
    value: str = ""


_FUELS: Mapping[str, str] = {
    Fuel.PETROL: """petrol, gasoline, benzin, benzín, benziner, benzinov^, benzínov^, benzinák,
        benzíňák, benzínka, na benzín, benzínem, ottomotor, natural, super e10""",
    Fuel.DIESEL: """diesel, dieselov^, nafta, naftov^, naftu, naftak, naftou, na naftu, dýzl,
        dizel, dízl, nafťáček, turbodiesel, turbodízl, selbstzünder""",
    Fuel.PLUGIN_HYBRID: """plug in hybrid, plugin hybrid, plug in, plugin, phev, hybrid plug in,
        plug in hybridní, plug in hybridem, steckdosenhybrid""",
    Fuel.HYBRID: """hybrid, hybridní, hybride, hybrids, mild hybrid, full hybrid, vollhybrid,
        mildhybrid, hybridem, hybridy, petrol hybrid, hybrid petrol, diesel hybrid, hybrid diesel,
        benzin hybrid, hybrid benzin, self charging hybrid, self charging""",
    Fuel.ELECTRIC: """electric, electro, ev, bev, elektro, elektrisch~, elektroauto,
        elektroautos, e auto, elektrick^, elektromobil, elektroauta, elektřina, elektřinu, na
        elektřinu, na elektriku, na elektrický pohon, elektrický pohon, na baterky, stromer, eauto,
        e autos, e car, vollelektrisch~, voll elektrisch~, rein elektrisch~, reinelektrisch~,
        batterieelektrisch~, elektroantrieb, elektrofahrzeug, fully electric, full electric,
        all electric, pure electric, purely electric, battery electric, electric only, zero
        emission, plně elektrick^, čistě elektrick^, plně na elektřinu, čistě na elektřinu,
        elektromobily, elektroauty""",
    Fuel.LPG: "lpg, autogas, flüssiggas, autoplyn, propan",
    Fuel.CNG: "cng, erdgas, zemní plyn, natural gas",
    Fuel.HYDROGEN: "hydrogen, wasserstoff, vodík, vodíkov^, fuel cell, brennstoffzelle",
    Fuel.ETHANOL: "ethanol, e85, flexfuel, flex fuel, bioethanol, etanol",
}
_ENGINES: Mapping[str, str] = {
    Fuel.PETROL: """tsi, tfsi, fsi, mpi, gdi, tgdi, t-gdi, ecoboost, puretech, tce, vtec, thp,
        skyactiv g, multiair""",
    Fuel.DIESEL: """tdi, sdi, tdci, cdi, hdi, bluehdi, dci, crdi, cdti, jtd, jtdm, multijet,
        ddis, d4d, d-4d, bluetec, ecoblue, skyactiv d, i-dtec""",
    Fuel.PLUGIN_HYBRID: "gte, e hybrid, ehybrid, tfsi e",
    Fuel.HYBRID: "hev, mhev",
    Fuel.CNG: "tgi, g-tron",
}
"""What makers call their engines: understood, but nothing that a shopper would begin with."""

_GEARBOXES: Mapping[str, str] = {
    Transmission.AUTOMATIC: """automatic, automatik, automatikgetriebe, automatisch~, automat,
        automatem, automaty, automatick^, automatická převodovka, automatickou převodovkou, autom,
        auto gearbox, auto box, autobox, auto transmission, auto trans, auto gears,
        automatic gearbox, automatic transmission, self shifting, dsg, s tronic, stronic,
        steptronic, tiptronic, multitronic, cvt, dct, dkg, doppelkupplung, doppelkupplungsgetriebe,
        pdk, edc, eat8, 7g tronic, 9g tronic""",
    Transmission.MANUAL: """manual, manual gearbox, manual transmission, stick shift, stickshift,
        stick, manual box, man gearbox, handgeschaltet~, hand geschaltet, mit schaltung,
        schaltgetriebe, schaltung, handschaltung, handschalter, schalter, manuell~, manuál,
        manuálem, manuální, manuální převodovka, manuální převodovkou, manuálka, manuálku, ruční,
        ručním, ručně řazen^, ruční převodovka, ruční převodovkou, ruční řazení, na ruční""",
}
_BODIES: Mapping[str, str] = {
    Body.ESTATE: """estate, estates, station wagon, wagon, kombi, kombis, combi, kombík, variant,
        avant, touring, sports tourer, sportstourer, sport tourer, grandtour, turnier, sw, break,
        sportswagon, sport wagon, shooting brake, allroad, kombiwagen, kombíky,
        kombíka, t modell, est""",
    Body.SALOON: "saloon, sedan, sedans, limousine, limo, limuzína, stufenheck, sedany",
    Body.HATCHBACK: """hatchback, hatch, hatchbacks, hatch back, kleinstwagen,
        hečbek, hatchbeck, schrägheck, fließheck, liftback, sportback, kleinwagen, kompaktwagen,
        small car, kompakt, compact, malé auto, city car, kompaktklasse""",
    Body.SUV: """suv, suvs, suvčko, suvko, geländewagen, off road, offroad, offroader, crossover,
        terénní, terénní auto, terénní vůz""",
    Body.MPV: """mpv, mpvs, minivan, people carrier, großraumlimousine, familienauto,
        familienkutsche, family van, rodinné auto, velkoprostorov^, people mover""",
    Body.COUPE: "coupe, coupé, coupes, kupé, sportcoupe, coupé sport",
    Body.CONVERTIBLE: """convertible, convertibles, cabrio, cabrios, cabriolet, kabrio,
        kabriolet, roadster, roadsters, conv, spider, spyder, soft top, drop top""",
    Body.PICKUP: """pickup, pick up, pickups, pickup truck, pick up truck, pikap, pritsche,
        pritschenwagen, pickapy""",
    Body.VAN: """van, vans, transporter, kastenwagen, lieferwagen, panel van, dodávka, dodávky,
        dodávku, dodávkov^, furgon, cargo van""",
}
_SELLERS: Mapping[str, str] = {
    SellerType.DEALER: """dealer, dealers, from a dealer, dealership, händler, vom händler,
        autohaus, autobazar, autobazaru, bazar, z bazaru, od prodejce, prodejce, gewerblich,
        trade""",
    SellerType.INDIVIDUAL: """private, private seller, privately, privat, von privat,
        privatverkauf, individual, soukromník, soukrom^, od soukromníka, od majitele, soukromý
        prodejce""",
}
COLOURS: Mapping[str, str] = {
    "red": "red, rot~, červen^, dark red, dunkelrot~, vínov^, bordeaux, burgundy, weinrot",
    "blue": """blue, blau~, modr^, dark blue, light blue, navy, dunkelblau~, hellblau~, tmavě modr^,
        světle modr^, tmavomodr^""",
    "black": "black, schwarz~, čern^",
    "white": "white, weiß~, weiss~, bíl^, pearl white",
    "grey": """grey, gray, grau~, šed^, dark grey, dark gray, anthracite, anthrazit, antracit,
        antracitov^, dunkelgrau~, hellgrau~, graphite""",
    "silver": "silver, silber~, silbern~, stříbrn^, silbergrau",
    "green": "green, grün~, gruen~, zelen^, dark green, dunkelgrün~, tmavě zelen^, olive",
    "yellow": "yellow, gelb~, žlut^",
    "orange": "orange, orangen~, oranžov^",
    "brown": "brown, braun~, hněd^, bronze, bronz~, bronzov^, dunkelbraun~",
    "beige": "beige, cream, creme, béžov^, krémov^",
    "gold": "gold, golden, goldfarben, zlat^",
    "purple": "purple, violet, lila, violett~, fialov^",
    "pink": "pink, rosa, růžov^",
    "turquoise": "turquoise, türkis, tyrkysov^, teal",
}
"""Colours by their English names."""

_OWNERS: Mapping[str, str] = {
    "1": """first owner, one owner, single owner, 1 owner, 1st owner, first hand, erste hand,
        1 hand, aus erster hand, ersthand, erstbesitz, erstbesitzer, ein vorbesitzer, 1 vorbesitzer,
        1 besitzer, první majitel, 1 majitel, po prvním majiteli, jeden majitel, 1 previous owner,
        one previous owner, one former owner, 1 former owner, 1 keeper, one keeper, 1 former keeper,
        po 1 majiteli, 1 majiteli, prvním majiteli, 1 majitele, prvního majitele,
        od prvního majitele, první majitelka, ein besitzer""",
    "2": """two owners, 2 owners, two owner, 2 owner, 2 previous owners, zweite hand, 2 hand,
        aus zweiter hand, zwei vorbesitzer, 2 vorbesitzer, druhý majitel, 2 majitel, 2 majitelé,
        dva majitelé, po 2 majiteli, 2 majiteli""",
    "3": "three owners, 3 owners, dritte hand, 3 hand, 3 vorbesitzer, tři majitelé, 3 majitelé",
}
_SORTS: Mapping[str, str] = {
    "price": """cheapest, cheapest first, lowest price, cheap, günstig~, günstigste, billig~,
        billigste, preiswert~, levn^, levně, nejlevnější, co nejlevnější""",
    "newest": "newest, latest, newest first, neueste, neuesten, nejnovější, just listed",
    "mileage": """low mileage, low milage, low millage, lowest mileage, low miles, few miles,
        few km, wenig km, wenig kilometer, wenige kilometer, geringe laufleistung, wenig gelaufen,
        wenig laufleistung, málo najeto, málo najet^, málo km, nízký nájezd, malý nájezd,
        nejméně najeto""",
    "-power": """most powerful, powerful, fastest, fast, strongest, stärkste, stärksten, schnell~,
        nejsilnější, nejvýkonnější, nejrychlejší, rychl^""",
    "verdict": """best deal, best deals, good deal, good deals, great deal, deal, deals, bargain,
        bargains, best value, good value, schnäppchen, bestes angebot, beste angebote, výhodn^,
        výhodně, nejvýhodnější""",
    "distance": "nearest, closest, nächste, nächsten, nejbližší",
}
_MOST = """under, below, bellow, sub, less than, less then, lower than, lower then, not more than,
    no more than, at most, maximum, max, maximal, maximally, fewer than, unter, unterhalb,
    höchstens, weniger als, nicht mehr als, nicht über, pod, méně než, míň než, nejvýše, nejvýš,
    maximálně, nanejvýš, ne více než, ne víc než, nejvíc, nejvíce, <, ≤"""
_BOUNDS: Mapping[tuple[str, str], str] = {
    ("", "max"): _MOST,
    ("", "until"): "up to, upto, to, till, until, bis, bis zu, do, až do",
    ("", "min"): """over, above, more than, more then, at least, minimum, min, minimal, higher than,
        not less than, über, ueber, mehr als, mindestens, wenigstens, nicht unter, nad, více než,
        víc než, alespoň, aspoň, nejméně, minimálně, přes, >, ≥""",
    ("", "from"): "from, since, starting, starting at, starting from, ab, von, seit, od, počínaje",
    ("price", "max"): """cheaper than, cheaper then, günstiger als, billiger als, levnější než,
        budget, budget of, budget max, rozpočet""",
    ("price", "min"): "more expensive than, teurer als, dražší než",
    ("year", "from"): "od r, od roku, od ročníku",
    ("year", "until"): "do r, do roku, do ročníku",
    ("year", "min"): """newer than, newer then, younger than, after, not older than, no older than,
        neuer als, jünger als, nicht älter als, nach, novější než, mladší než, ne starší než,
        ne starší""",
    ("year", "max"): """older than, older then, before, not newer than, älter als, vor, starší než,
        před""",
    ("power", "min"): "stronger than, more powerful than, stärker als, silnější než",
}
_AFTER: Mapping[str, str] = {
    "min": """+, plus, onwards, onward, upward, upwards, or newer, and newer, or later, and later,
        or more, and more, and up, and upwards, and onwards, or over, and over, or higher, or above,
        and above, oder neuer, und neuer, oder jünger, und jünger, oder mehr, und mehr, oder höher,
        oder später, und später, aufwärts, und aufwärts, a novější, nebo novější, nebo mladší,
        a mladší, a více, a víc, nebo víc, a výše, a výš, a vyšší, a později, nebo později, a dál,
        nebo více""",
    "max": """or less, or older, and older, or cheaper, or under, or below, or lower, and under,
        oder weniger, oder günstiger, oder billiger, und weniger, oder älter, und älter, a méně,
        nebo méně, a míň, nebo míň, a starší, nebo starší, a levnější, nebo levnější, max, maximum,
        maximal, maximálně, tops""",
}
_FIELDS: Mapping[str, str] = {
    "price": "price, prices, priced, cost, costs, costing, preis, preise, kostet, cena, ceny, cenu",
    "year": """year, years of, registered, registration, reg, built, made in, model year, baujahr,
        bj, ez, erstzulassung, jahrgang, rok, roku, rok výroby, ročník, vyrobeno, r v, rv""",
    "mileage": """mileage, odometer, laufleistung, kilometerstand, km stand, tacho, gelaufen,
        nájezd, nájezdem, najeto, najetých, tachometr, na tachometru""",
    "power": "power, horsepower of, leistung, motorleistung, výkon, výkonem",
}
_UNITS: Mapping[str, str] = {
    "km": "km, kms, kilometer, kilometers, kilometre, kilometres, kilometern, kilometrů, kilometry",
    "tkm": "tkm, tskm",
    "miles": "miles, mile, mi, meilen, mil",
    "hp": "hp, ps, bhp, cv, horsepower, horses, pferdestärken, koní, koně, ks, pk",
    "kw": "kw, kilowatt, kilowatts, kilowattů",
    "years": "years, yrs, yr, jahre, jahren, let, roky, roků",
    "years old": """years old, year old, yrs old, yr old, jahre alt, jahre jung, let staré, roky
        staré, let stará""",
    "EUR": "€, eur, euro, euros, éček, eček, eura",
    "USD": "$, usd, dollar, dollars, dolarů",
    "GBP": "£, gbp, pound, pounds, quid, pfund, liber",
    "CZK": "czk, kč, kc, korun, koruny, kronen, crowns",
    "INR": "₹, inr, rs, rupees, rupee",
    "CHF": "chf, franken, francs, franků",
    "PLN": "pln, zł, zloty, złoty, zlotých",
    "other": """l, liter, litre, litres, liters, litrů, ccm, cc, cm3, kwh, doors, door, seats,
        seater, türen, türer, türig~, sitze, sitzer, dveří, dveřov^, mi místn^, mimístn^, míst,
        místn^, zoll, inch, zylinder, cylinders, gang, speed, months, monate, měsíců, lidí,
        osob, people, plätze, ventil, cyl""",
}
_TIMES: Mapping[str, str] = {
    "1000": "k, thousand, tsd, tausend, tis, tisíc, tisíce, tisících, grand, t",
    "100000": "lakh, lakhs",
    "1000000": "million, millions, mio, milion, miliony, milionů",
}
_NEAR = """near, within, nearby, close to, around, next to, in the area of, nahe, nähe,
    in der nähe von, nähe von, um, rund um, umkreis, im umkreis von, bei, blízko, poblíž, u, okolí,
    v okolí, do okolí, raum, im raum, großraum, umgebung, in der umgebung von, umland, kolem,
    near to, nedaleko, km of, km from, km around, km um, km von, km od, okruh, v okruhu, radius,
    radius of, in a radius of, vicinity of"""
_ASIDE: Mapping[str, str] = {
    "reach": """range, driving range, reichweite, reichweiten, dojezd, dojezdem, dojezdu, wltp,
        nefz""",
    "figure": """tüv, tuev, hu, hauptuntersuchung, stk, technická, mot, garantie, warranty, záruka,
        záruku, hubraum, objem, verbrauch, spotřeba, spotřebou, co2""",
}
"""What a car can on one charge, and what else has figures or a date of its own."""

_NOT = """not, no, without, mimo, anything but, everything but, except, never, but not, kein, keine,
    keinen, keiner, nicht, ohne, außer, bez, ne, nikoli, kromě, žádn^"""
_EMPTY = """a, an, the, car, cars, vehicle, vehicles, auto, autos, auta, aut, wagen, fahrzeug,
    fahrzeuge, pkw, vůz, vozy, vozidlo, with, and, or, for, in, at, of, on, by, is, are, be, it, i,
    me, my, we, want, would, like, need, looking, search, find, show, please, some, any, something,
    used, second hand, secondhand, 2nd hand, only, just, nur, jen, jenom, pouze, plně, modell,
    pre owned, gebraucht~, gebrauchtwagen, ojet^, ojetiny, ojetina, sale, buy, cheaply, good, great,
    nice, best, very, about, approx, circa, ca, cca, asi, zhruba, etwa, ungefähr, rund, mit, und,
    oder, für, ein, eine, einen, einer, eines, der, die, das, den, dem, im, am, zu, zum, ich, suche,
    suchen, möchte, will, brauche, hätte, gern, gerne, bitte, kaufen, aus, als, mein, s, se, a, i,
    nebo, na, v, ve, z, ze, pro, za, k, o, chci, hledám, sháním, koupím, prosím, nějak^, nějaké,
    jako, je, mít, with a, colour, color, farbe, barva, barvy, model, make, brand, marke, značka,
    značky, fuel, kraftstoff, palivo, gearbox, transmission, getriebe, převodovka, převodovkou,
    body, engine, motor, motorem, city, stadt, město, města, vb, vhb, region, new, neu~, nov^, top,
    pěkn^, dobr^, gut~, schön~"""
_UNHEARD = """s line, sline, r line, st line, n line, amg line, amg, m sport, gt line, xline, line,
    sportwagen, sport wagen, euro 4, euro 5, euro 6, start, open, super, space, service, master,
    classic, export, vision, camper, candy, micro, sommer, winter, summer, reifen, räder, bilder,
    foto, fotos, andere, tuning, match, turbo, automotive, erster, leather, leder, kůže, kožen^,
    navi, navigation, navigace, klima, klimaanlage, klimatizace, aircon, ac, air conditioning,
    xenon, led, tempomat, cruise control, heated seats, sitzheizung, vyhřívan^, panorama,
    panoramadach, sunroof, fsh, 4matic, x drive, long range, standard range, extended range,
    sedmimístn^, siebensitzer, schiebedach, střešní okno, tow bar, towbar, anhängerkupplung, ahk,
    tažn^, quattro, 4x4, 4wd, awd, 4motion, xdrive, allrad, allradantrieb, four wheel drive,
    all wheel drive, pohon 4x4, front wheel drive, unfallfrei, scheckheft, scheckheftgepflegt,
    servisní knížka, service history, full service history, nehavarovan^, accident free, warranty,
    garantie, záruka, family, familie, rodina, rodinn^, reliable, economical, spolehliv^, úsporn^,
    sparsam~, zuverlässig~, towing, dog, hund, pes, kids, kinder, děti, first car, anfänger,
    student, studenty, winterreifen, winter tyres, alufelgen, alloys, metallic, metalíza, sport,
    sportlich~, sportovní, big, large, small, groß~, klein~, velk^, mal^, young, jung~, mlad^, old,
    alt~, star^, luxury, luxus, luxusní, comfortable, komfort, style, ambition, active, elegance,
    business, camera, kamera, rückfahrkamera, bluetooth, carplay, parking sensors, pdc, type, stav,
    stavu, zustand, condition, offer, angebot, nabídka, finance, leasing, miles away, gas, plyn,
    lot, lots"""


def forms(row: str) -> Iterator[str]:
    """Yield the words of a row of the table with their endings, as they are written.

    >>> list(forms("red, rot~"))
    ['red', 'rot', 'rote', 'roter', 'rotes', 'roten', 'rotem']
    """
    for stated in row.split(","):
        word = " ".join(stated.split())
        if word.endswith("~"):
            yield from (word[:-1] + ending for ending in GERMAN_ENDINGS)
        elif word.endswith("^"):
            yield from (word[:-1] + ending for ending in CZECH_ENDINGS)
        else:
            yield word


def rows() -> Iterator[tuple[Word, str]]:
    """Yield what each row of words says; where two rows have the same word the first counts."""
    for name, table in (
        ("transmission", _GEARBOXES),
        ("body", _BODIES),
        ("fuel", _FUELS),
        ("seller_type", _SELLERS),
        ("colour", COLOURS),
        ("max_owners", _OWNERS),
    ):
        yield from ((Word(Kind.FILTER, name, str(value)), row) for value, row in table.items())
    for value, row in _ENGINES.items():
        yield Word(Kind.ENGINE, "fuel", str(value)), row
    for kind, table in (
        (Kind.SORT, _SORTS),
        (Kind.FIELD, _FIELDS),
        (Kind.UNIT, _UNITS),
        (Kind.TIMES, _TIMES),
        (Kind.ASIDE, _ASIDE),
    ):
        yield from ((Word(kind, value), row) for value, row in table.items())
    yield from ((Word(Kind.BOUND, *said), row) for said, row in _BOUNDS.items())
    yield Word(Kind.BETWEEN), "between, zwischen, mezi, in the range of"
    yield Word(Kind.NEAR), _NEAR
    yield Word(Kind.NOT), _NOT
    yield Word(Kind.UNHEARD), _UNHEARD
    yield Word(Kind.EMPTY), _EMPTY


@cache
def words() -> Mapping[str, Word]:
    """Return what each word says, by its key; words of a phrase are parted by one space.

    >>> words()["cervena"].value, words()["less than"].value, words()["tdi"].value
    ('red', 'max', 'diesel')
    """
    found: dict[str, Word] = {}
    for word, row in rows():
        for form in forms(row):
            found.setdefault(key_of(form), word)
    return MappingProxyType(found)


@cache
def afterwords() -> Mapping[str, str]:
    """Return the words that follow a number, by their key, and which bound they make it.

    >>> afterwords()["or newer"], afterwords()["a starsi"]
    ('min', 'max')
    """
    return MappingProxyType({key_of(form): b for b, row in _AFTER.items() for form in forms(row)})
