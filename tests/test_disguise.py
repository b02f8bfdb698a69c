"""Disguised words and names are found, and what only looks disguised stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from monitor.judge.canonical import canonical, phrase
from monitor.judge.phrases import Phrases

_DANGERS = (
    "kill killed killing murder suicide stab stabbed stabbing knife knives machete shoot "
    "shooting shooter bomb bombs weapon attack attacked explode pistol rifle poison rape "
    "rapist abuse groomed grooming paedo paedophile pervert nonce naked porn slut whore "
    "bitch bastard wanker bullied bullying threat overdose cocaine drugs hate burn "
    "strangle bleed punch faggot retard spastic nazi terrorist hostage kidnap selfharm "
    "harm hurt hanging hanged drown drowned die dead death gun blade axe acid sword "
    "grenade petrol slag tranny dyke violent blood hospital police school teacher "
    "children headteacher "
)
_NAMES = (
    "Hollybrook|Harrowmere Academy|Stebba's Lodge|Kilnbrook Hall|Trevanion College|"
    "Ashdown Juniors|Wrenshill|Latchmoor High|Tollgate Primary|Cauldmoor|Marlpit Infants|"
    "Kestrel Reach|Josiah Pell Academy|Limewharf|Brindlecroft|Splottmoor High|"
    "Queen Maud's|Our Lady of the Fens|Cwm Helyg|Bro Alarch|Derwen Las|Ysgol Bryn Cerddin|"
    "Brynllefrith|Auchenlea|Toothill|Merryhill Rowans|Fellside Park|Saltwick Endeavour|"
    "Bowes Grammar|Pellbrook|Coleman's Cross|Haxley Grange|Dunmallard|Sowerthwaite|"
    "Fernacre|Oxenholt|Thistlecombe|Larkrise Meadow|Birchwood Vale|Uppermill Grove|"
    "Netherfield Way|Tarnbeck|Winterslow Abbey|Greyfriars Manor|Hazelmoor|Penhallow|"
    "Roseveare|Trelissick|Moorcroft|Elmsworth|Stanwick Lodge|Blakeholme|Cragdale|Deepdene|"
    "Eastlaithe|Foxhollow|Gorsehill|Heathermount|Ivychurch|Jesmere|Kirkstall Fold|"
    "Lowmeadow|Millbeck|Northolme|Oakenshaw|Priorsfield|Quarrydene|Rushmere|Sandiacre|"
    "Thornaby Cross|Ullesbourne|Vinetree|Westbourne Lea|Yewbarrow|Zealmont|Abbotsleigh|"
    "Brackenfold|Cherrydown|Drakelow|Eaglescliffe|Farthingstone|Gatesgarth|Holmecroft|"
    "Inglemoor|Juniperdale|Knightswell|Longmeade|Maplestead|Newlandrigg|Orchardleigh|"
    "Pinewoodside|Rowanlea|Silverdene|Templecombe|Underbarrow|Valebridge|Whitemoor|"
    "Yarrowdale|Southmere|Hillocks|Broadgreen|Copperfield|Duckworth|Edgemoor|Fairlawne|"
    "Goldthorpe|Highcliff|Kingsdown|Lockmere|"
)
_WORDS = [*_DANGERS.split(), *_NAMES.strip("|").split("|")]
_CYRILLIC = str.maketrans("aceopxyisjkmtbhABCEHKMOPTXYI", "асеорхуіѕјкмтвнАВСЕНКМОРТХУІ")
_GREEK = str.maketrans("aonpituxvkABEZHIKMNOPTYX", "αοηριτυχνκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
_SMALL = str.maketrans(
    "abcdefghijklmnoprstuvwz",
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f\u1d18"
    "\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u1d22",
)
_STROKES = str.maketrans(
    "bdhlotguijcekz",
    "\u0180\u0111\u0127\u0142\xf8\u0167\u01e5\u0289\u0268\u0249\u023c\u0247\ua741\u01b6",
)
_LEET = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7", "l": "1", "b": "8", "g": "9"}
_SIGNS = {"a": "@", "s": "$", "i": "!", "l": "|"}
_VOWELS = "aeiou"


def _moved(start: int, capital: int = 0) -> Callable[[str, Random], str]:
    """Each letter moved to an alphabet that begins at `start`, capitals at `capital`."""

    def move(word: str, _: Random) -> str:
        return "".join(_move(char, start, capital or start) for char in word)

    return move


def _move(char: str, start: int, capital: int) -> str:
    if not (char.isascii() and char.isalpha()):
        return char
    return chr(start + ord(char) - 97) if char.islower() else chr(capital + ord(char) - 65)


def _between(sign: str) -> Callable[[str, Random], str]:
    return lambda word, _: " ".join(
        sign.join(char for char in part if char.isalnum()) for part in word.split()
    )


def _wide(word: str, _: Random) -> str:
    return "   ".join(" ".join(char for char in part if char.isalnum()) for part in word.split())


def _swapped(table: dict[str, str], most: int) -> Callable[[str, Random], str]:
    """Some letters inside the words swapped for what looks like them, at least one."""

    def swap(word: str, chance: Random) -> str:
        spots = [
            at
            for at, char in enumerate(word)
            if char.lower() in table
            and 0 < at < len(word) - 1
            and word[at - 1].isalpha()
            and word[at + 1].isalpha()
        ]
        chosen = chance.sample(spots, min(len(spots), chance.randint(1, most)))
        return "".join(
            table[char.lower()] if at in chosen else char for at, char in enumerate(word)
        )

    return swap


def _inserted(marks: str) -> Callable[[str, Random], str]:
    def insert(word: str, chance: Random) -> str:
        at = chance.randint(1, len(word) - 1)
        return word[:at] + chance.choice(marks) + word[at:]

    return insert


def _stretched(word: str, chance: Random) -> str:
    at = chance.choice([at for at, char in enumerate(word) if char.isalpha()])
    return word[:at] + word[at] * chance.randint(2, 5) + word[at:]


def _starred(word: str, chance: Random) -> str:
    return _swapped(dict.fromkeys(_VOWELS, "*"), 1)(word, chance)


def _mixed(word: str, chance: Random) -> str:
    return _inserted("\u200b")(_swapped(_LEET, 2)(word, chance), chance)


_KINDS: dict[str, Callable[[str, Random], str]] = {
    "Cyrillic letters": lambda word, _: word.translate(_CYRILLIC),
    "Greek letters": lambda word, _: word.translate(_GREEK),
    "fullwidth letters": _moved(0xFF41, 0xFF21),
    "bold letters": _moved(0x1D41A, 0x1D400),
    "italic bold letters": _moved(0x1D482, 0x1D468),
    "doubled letters": lambda word, c: _moved(0x1D552)(word.lower(), c),
    "typewriter letters": _moved(0x1D68A, 0x1D670),
    "small capitals": lambda word, _: word.lower().translate(_SMALL),
    "stroked letters": lambda word, _: word.lower().translate(_STROKES),
    "circled letters": _moved(0x24D0, 0x24B6),
    "bracketed letters": _moved(0x249C),
    "squared letters": lambda word, chance: _moved(0x1F130, 0x1F130)(word.upper(), chance),
    "letters in black circles": lambda word, c: _moved(0x1F150, 0x1F150)(word.upper(), c),
    "letters in black squares": lambda word, c: _moved(0x1F170, 0x1F170)(word.upper(), c),
    "zero-width marks": _inserted("\u200b\u200c\u200d\u2060\ufeff\u034f"),
    "soft hyphens": _inserted("\xad"),
    "stacked accents": _inserted("\u0301\u0336\u0338\u0489"),
    "spaced letters": _wide,
    "dotted letters": _between("."),
    "hyphened letters": _between("-"),
    "underlined letters": _between("_"),
    "starred letters": _between("*"),
    "digits for letters": _swapped(_LEET, 3),
    "every digit for a letter": _swapped(_LEET, 40),
    "signs for letters": _swapped(_SIGNS, 2),
    "stretched letters": _stretched,
    "stars for vowels": _starred,
    "digits and marks": _mixed,
}


def _index() -> Phrases[str]:
    index: Phrases[str] = Phrases()
    for word in _WORDS:
        index.add(phrase(word), word)
        if len("".join(phrase(word))) > 9:
            index.add(("".join(phrase(word)),), word)
    return index


def _is_found(index: Phrases[str], word: str, written: str) -> bool:
    tokens = canonical(f"so then {written}, they said")
    return any(word in entries for _, _, entries in index.find(tokens))


@pytest.mark.parametrize("kind", _KINDS)
def test_nearly_every_disguised_name_and_danger_is_found(kind: str) -> None:
    chance, index = Random(20261121), _index()
    forms = [(word, _KINDS[kind](word, chance)) for word in _WORDS]
    changed = [(word, form) for word, form in forms if form != word]
    missed = [form for word, form in changed if not _is_found(index, word, form)]
    share = 1 - len(missed) / len(changed)
    assert len(changed) > 100
    assert share >= 0.97, f"{kind}: {share:.3f} of {len(changed)} found, not {missed}"


_PLAIN = (
    "KS1 KS2 KS3 KS4 KS5 S1 S6 P1 P7 U9 U11 U12s U16s Set4 Room12 Room8 Form5 Unit7 1st "
    "2nd 3rd 4th 5th 8th 21st 22nd 100th 4ths 6th 7th 8am 5am 3pm 10am 11pm 12noon 2hrs "
    "3hrs 8yrs 5mins 30mins 1hr 45min 6wks 7pm 4ish 5ish 5k 10k 100m 4x100m 2x 3x 50p 99p "
    "5kg 10km 6ft 8oz 3D 4K 5G 30mph 1990s 80s 2000s A1079 A14 A55 M25 M60 B1234 A4 M1 "
    "B4107 A5 M62 N4 B6 NN9 SW1A EC1V W1T B1 B14DE NN95AB CF103AT LS12AB SE1 N1C SW1P M13 "
    "E17 EH1 BT7 H1N1 CO2 H2O covid19 MP3 mp4s PS5 G4S S4C E4 B12 Mi5 C4 R2D2 T20 F1 K9 "
    "P45 V2 x2 2day 2nite 2morrow gr8 l8r m8 h8 b4 some1 no1 any1 ne1 4eva 4ever 2moz l8 "
    "str8 w8 5kids 4way 4bed 3some 4head 8bit 5day 11plus 1to1 2for1 7v7 5side 9year 24hr "
    "100th 10Ma 8Fr 9En 7Sci 11Hi 8Art 10x8 11y2 7ra 8pe1 9hum 7mus 10c1 12hb 13fk 7el "
    "8it abc123 hps2024 bus42 class3 team6 page12 wk3 term2 v1 ver2 q1 q4 gcse9 btec2 a2s "
    "as1 2026 07700900142 01234 999 101 1488 22 333 1000000 20260914 111 1234567 15th "
    "30th 12th 9am 4pm 20mins 90s 70th 18yo 6yr 2yo 14yo 3yrs 10yrs 16GB 500ml 2kg 250g "
    "1080p 720p 4x4 2x1 5a 5b 6c 4d Y7s yr9s u13 u15s u18 g20 m4 a303 a1m b3 c19 type1 "
    "type2 stage2 step9 level2 phase3 "
)
_ORDINARY = [
    *(f"{year}{form}" for year in range(7, 12) for form in "ABCDEFGHLRST"),
    *(f"{sign}{year}" for sign in ("Y", "y", "yr", "Year") for year in range(1, 14)),
    *_PLAIN.split(),
]


def test_ordinary_words_with_digits_stay_as_they_are() -> None:
    changed = {token: canonical(token).words for token in _ORDINARY}
    assert len(_ORDINARY) >= 300
    assert {t: words for t, words in changed.items() if words != [t.lower()]} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("im gonna k1ll him", ["im", "gonna", "kill", "him"]),
        ("$tab, $uicide and $50", ["stab", "suicide", "and", "50"]),
        ("an @ttack on @hollybrook", ["an", "attack", "on", "@hollybrook"]),
        ("Great!Thanks all|News", ["great", "thanks", "all", "news"]),
        (
            "me@kill.uk or office@hollybrook.sch.uk",
            ["me", "kill", "uk", "or", "office", "hollybrook", "sch", "uk"],
        ),
        ("sui*ide, s**cide, k*n*i*f*e", ["suicide", "suicide", "knife"]),
        ("a b*g of f**l", ["a", "b*g", "of", "f**l"]),
        ("i d i e, a g u n", ["i", "die", "a", "gun"]),
        ("x y z", ["x", "y", "z"]),
        ("m @ c h e t e", ["machete"]),
        ("k  n  i  f  e", ["knife"]),
        ("C w m   H e l y g", ["cwm", "helyg"]),
        ("3 - 2 - 1 and 1 2 3 4 5", ["3", "2", "1", "and", "1", "2", "3", "4", "5"]),
        ("sewerslide unalived", ["suicide", "killed"]),
        ("sooooo goooood helpppp", ["so", "good", "help"]),
        ("\U0001f1f0 \U0001f1ee \U0001f1f1 \U0001f1f1 \U0001f1ec\U0001f1e7", ["kill"]),
        ("n0 y0u", ["no", "you"]),
        ("y\u0142 \u043d\u0435\u0431\u043e", ["yl", "\u043d\u0435\u0431\u043e"]),
    ],
)
def test_a_disguise_is_undone_in_its_place(text: str, words: list[str]) -> None:
    assert canonical(text).words == words


def test_a_disguised_name_keeps_its_place_in_the_text() -> None:
    text = "go to H0llybr00k's m@rtins, k n i f e!"
    tokens, index = canonical(text), Phrases[str]()
    for name in ("Hollybrook", "Martins", "knife"):
        index.add(phrase(name), name)
    found = {entries[0]: tokens.between(a, b) for a, b, entries in index.find(tokens)}
    assert found == {"Hollybrook": "H0llybr00k's", "Martins": "m@rtins", "knife": "k n i f e"}


def test_an_address_behind_a_sign_is_still_one() -> None:
    tokens = canonical("now!https://hollybrook.sch.uk wow!@hollybrook")
    assert [mark.text for mark in tokens.marks] == ["https://hollybrook.sch.uk", "@hollybrook"]


@pytest.mark.parametrize(
    "piece",
    [
        "\x00",
        "\ud800",
        "\U0001f600",
        "\u202e\u05d0",
        "a!",
        "a@",
        "1a",
        "a1b ",
        "a*",
        "a b ",
        "aaab",
        "$a",
    ],
)
def test_no_text_is_too_strange_to_read(piece: str) -> None:
    tokens = canonical(piece * 10_000)
    assert len(tokens.starts) == len(tokens.words) == len(tokens.ends)
    assert all(disguise.last < len(tokens) for disguise in tokens.disguises.values())
