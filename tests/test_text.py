"""Foreign text made plain: markup, broken characters, alphabets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.text import decode, fold, mend, mend_references, plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One<br/>two <b>three</b></p>four", "One\ntwo three\nfour"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("un<b>believ</b>able", "unbelievable"),
        ("a <script>x<p>y</script>b<style>c</style> d", "a b d"),
        ("a <SCRIPT>x</SCRIPT>b", "a b"),
        ("<pre>a\n  b</pre>c\nd", "a\nb\nc d"),
        ("a <!-- x > y --> b", "a b"),
        ("<a title='a > b' href=\"x>y\">hi</a> there", "hi there"),
        ("Tom &amp; Jo &mdash; &#163;5&nbsp;each &copy", "Tom & Jo — £5 each ©"),
        ("AT&T, 5 < 6 <3 and </> too", "AT&T, 5 < 6 <3 and too"),
        ("&lt;b&gt; stays", "<b> stays"),
        ("<svg/onload=alert(1)>x", "x"),
        ("plain\n\n  words\there", "plain\nwords here"),
        ("&#55357;&#56832; &#xD800; &#99999999999999;", "😀 \ufffd \ufffd"),
        ("<p>&#0;x", "x"),
        ("", ""),
    ],
)
def test_markup_becomes_the_words_a_reader_sees(markup: str, text: str) -> None:
    assert plain(markup) == text


@pytest.mark.parametrize(
    "opening", ["<b ", "<!-- ", "<script>", "<style>", "<? ", "<b a='> ", '<b a="> ', "</p ", "<! "]
)
def test_what_never_closes_hides_no_words(opening: str) -> None:
    assert plain(f"we will {opening}fight").endswith("fight")


@pytest.mark.parametrize(
    "piece", ["<div>", "<a ", "<a '", '<a "', "<!--", "<script>", "<!x", "&#1", "&a", "<p'>\"<p>"]
)
def test_repeated_openings_are_read_to_their_end(piece: str) -> None:
    assert "the end" in plain(piece * 50_000 + "<p>the end</p>")


@given(st.text(st.sampled_from("ab<>/!-'\"&#;x0 \n\x00\ud800=p")))
def test_any_markup_gives_clean_text(markup: str) -> None:
    text = plain(markup)
    assert "\x00" not in text
    assert "\ud800" not in text
    assert text == text.strip()


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("a\x00b\x07c\x7f", "abc"),
        ("tab\tand\r\nline", "tab\tand\r\nline"),
        ("\ud83d\ude00 \ud800", "😀 \ufffd"),
        ("It\x92s", "It\u2019s"),
        ("cafÃ©", "café"),
        ("naïve café", "naïve café"),
        ("Привет", "Привет"),
        ("\ufdd0\uffff", ""),
    ],
)
def test_broken_characters_are_mended(broken: str, mended: str) -> None:
    assert mend(broken) == mended


def test_references_to_no_character_are_mended_and_others_kept() -> None:
    assert mend_references("&#0;&#xD800;&#65;&amp;&#x1F600;") == "\ufffd&#65;&amp;&#x1F600;"
    assert mend_references("&#" + "9" * 5000 + ";") == "\ufffd"


def test_white_space_is_folded() -> None:
    assert fold("  a \t b\n\n\u00a0c \n") == "a b\nc"


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("é".encode(), "", "é"),
        ("é".encode(), "ascii", "é"),
        ("é".encode("latin-1"), "", "é"),
        (b"\x93a\x94", "iso-8859-1", "\u201ca\u201d"),
        ("日本語".encode("shift_jis"), "Shift_JIS", "日本語"),
        ("日本語".encode("euc-jp"), "euc-jp", "日本語"),
        ("школа".encode("koi8-r"), "koi8-r", "школа"),
        ("a".encode("utf-32"), "", "a"),
        ("éà".encode("utf-16"), "utf-8", "éà"),
        ("<a>".encode("utf-16-le"), "", "<a>"),
        ("ééé".encode() + b"\xff", "utf-8", "ééé\ufffd"),
        (
            b"<?xml version='1.0' encoding='cp1251'?>\xd8",
            "",
            "<?xml version='1.0' encoding='cp1251'?>Ш",
        ),
        (b"abc", "rot13", "abc"),
        (b"abc", "no such\x00thing", "abc"),
        (b"\x81\x8d", "windows-1252", "\ufffd\ufffd"),
    ],
)
def test_a_body_is_decoded_whatever_it_claims(body: bytes, charset: str, text: str) -> None:
    assert decode(body, charset) == text
