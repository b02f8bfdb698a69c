"""The language of a text is told by its script and its small words."""

from __future__ import annotations

import pytest

from monitor.judge.canonical import canonical
from monitor.judge.language import JUDGED, language

_TEXTS = {
    "en": (
        "My son loves his new class, the teacher is so kind",
        "Does anyone know what time the gates open tomorrow?",
        "gates shut early today lol",
        "Ta very much miss x",
        "Vintage fair, hedge trimming, brass band, hot drinks",
        "Yr 9 boys bringing vapes in again and naebody daes owt aboot it",
        "closed",
        "Hollybrook 4 - 2 Marsh Lane",
        "the polish club at St Jude's meets in the hall, por favor and gracias not required",
        "Our lad said shukriya to the cook and she was made up",
        "At Ysgol Bryn Teg we got lost and missed the whole concert",
        "\u0440\u0430\u0443 \u0430tt\u0435nt\u0456\u043en to what he said about the school",
        "k1ll y0ur p4rk1ng pl4ns, the c4rs are n0t m0ving",
    ),
    "cy": (
        "Mae'r plant wrth eu bodd yn yr ysgol newydd",
        "Pryd mae'r bws yn cyrraedd bore fory? Diolch",
        "dwi'n poeni am y ferch, mae hi'n crio bob nos",
        "Diolch yn fawr iawn i'r athrawon i gyd",
        "Bore da pawb",
        "Mae parents' evening yn y school hall nos fory, bring y plant hefyd",
        "Neb yn ateb y ffon yn y swyddfa ers dydd Llun. Gwarthus.",
    ),
    "pl": (
        "Moja córka boi się chodzić do szkoły, a dyrektor nic z tym nie robi",
        "Czy ktoś wie, o której jutro otwierają bramę?",
        "Dziękujemy pani Smith za wspaniałą lekcję",
        "bardzo dobra szkola, polecam wszystkim rodzicom",
        "On ma noz w plecaku i mowi ze go zabije po lekcjach",
    ),
    "ro": (
        "Băiatul meu nu vrea să mai meargă la școală, îi este frică",
        "Stie cineva cand incepe vacanta la Hollybrook?",
        "Multumim doamnei profesoare pentru tot ce face",
        "cineva a venit cu un cutit la poarta scolii azi dimineata",
    ),
    "pt": (
        "A minha filha não quer ir à escola porque os outros batem nela",
        "Alguém sabe a que horas abre o portão amanhã?",
        "Muito obrigado aos professores por tudo o que fazem",
        "ele disse que vai trazer uma faca para a escola na sexta",
    ),
    "es": (
        "Mi hijo no quiere ir al colegio porque le pegan todos los días",
        "Alguien sabe a qué hora abren la puerta mañana?",
        "Muchas gracias a la profesora, es una escuela muy buena",
    ),
    "so": (
        "Wiilkaygu ma rabo inuu aado dugsiga sababtoo ah waa la garaacaa",
        "Goorma ayaa la furayaa albaabka berri?",
        "Mahadsanid macallinka, waa dugsi aad u fiican",
        "Nin baa caruurta ku sugaya garoonka maalin walba",
    ),
    "ur": (
        "mera beta school nahi jana chahta, larke usay roz marte hain",
        "kya kisi ko pata hai kal gate kab khulega?",
        "Mrs Khan ka bohat shukriya, bachay bohat khush hain",
        "میری بیٹی اسکول نہیں جانا چاہتی",
        "Hollybrook Primary School کے بچے بہت خوش ہیں، شکریہ Mrs Khan",
    ),
    "pa": (
        "mera munda school nahi jaanda, munde ohnu roz kutde ne",
        "kise nu pata kal gate kado khulna hai?",
        "teacher ne saade bachiyan da bahut khayal rakhya, rab sukh rakhe",
        "ਮੇਰੀ ਧੀ ਸਕੂਲ ਨਹੀਂ ਜਾਣਾ ਚਾਹੁੰਦੀ",
    ),
    "bn": (
        "আমার ছেলে স্কুলে যেতে চায় না",
        "amar chele school e jete chay na, ora tare roz mare",
        "apnara keu janen kal school kobe khulbe?",
    ),
    "ar": ("ابني لا يريد الذهاب إلى Hollybrook لأنهم يضربونه",),
    "uk": (
        "Мій син не хоче йти до школи Hollybrook",
        "та не знаю я",
    ),
    "und": ("xqz wvb plk mnj rtz qqw bnm",),
}


@pytest.mark.parametrize(("code", "text"), [(c, t) for c, ts in _TEXTS.items() for t in ts])
def test_a_text_is_in_its_language(code: str, text: str) -> None:
    assert language(canonical(text)) == code


@pytest.mark.parametrize(
    "text", ["", "7", "\x00", "\ud800", "\U0001f600" * 100_000, "\u202e\u200f"]
)
def test_a_text_without_words_is_taken_for_english(text: str) -> None:
    assert language(canonical(text)) == "en"


def test_a_very_long_word_says_nothing() -> None:
    assert language(canonical("aa" * 10_000 + "q")) == "en"


def test_handles_and_addresses_say_nothing_of_the_language() -> None:
    text = "@nie_dla_dzieci #szkola https://szkola.example see you there"
    assert language(canonical(text)) == "en"


def test_english_and_welsh_are_judged() -> None:
    assert {"en", "cy"} == JUDGED
