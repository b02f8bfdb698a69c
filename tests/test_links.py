"""Addresses that are one page, addresses that are not, and addresses that are not shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.links import canonical, identity, safe_link, unwrap

P = "https://gazette.example/news/1"
V = "https://www.youtube.com/watch?v=abcDEF12345"

TWICE = (
    "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D"
    "https%253A%252F%252Fgazette.example%252Fnews%252F1"
)

EQUAL = [
    (P, "http://gazette.example/news/1"),
    (P, "https://www.gazette.example/news/1"),
    (P, "https://m.gazette.example/news/1"),
    (P, "https://mobile.gazette.example/news/1"),
    (P, "https://amp.gazette.example/news/1"),
    (P, "https://GAZETTE.example/news/1"),
    (P, "https://gazette.example./news/1"),
    (P, "https://gazette.example:443/news/1"),
    (P, "http://gazette.example:80/news/1"),
    (P, "https://user@gazette.example/news/1"),
    (P, "https://gazette.example/news/1/"),
    (P, "https://gazette.example//news///1"),
    (P, "https://gazette.example/sport/../news/./1"),
    (P, "https://gazette.example/news/1/amp"),
    (P, "https://gazette.example/news/1/amp/"),
    (P, "https://gazette.example/news/1.amp"),
    (P, "https://gazette.example/news/1?amp"),
    (P, "https://gazette.example/news/1?amp=1"),
    (P, "https://gazette.example/news/1?outputType=amp"),
    (P, "https://gazette.example/news/1/index.html"),
    (P, "https://gazette.example/news/1/index.php?"),
    (P, "https://gazette.example/%6Eews/1"),
    (P, "https://gazette.example/news/1?utm_source=x&utm_medium=y"),
    (P, "https://gazette.example/news/1?fbclid=abc"),
    (P, "https://gazette.example/news/1?at_medium=RSS&int_source=nba"),
    (P, "https://gazette.example/news/1?ref=twitter"),
    (P, "https://gazette.example/news/1?source=www.google.com"),
    (P, "https://gazette.example/news/1?share=facebook"),
    (P, "https://gazette.example/news/1#comments"),
    (P, "https://gazette.example/news/1#:~:text=pupils"),
    (P + "?a=1&b=2", P + "?b=2&a=1"),
    (P, "https://www.google.com/url?rct=j&sa=t&url=https://gazette.example/news/1&ct=ga&usg=x"),
    (P, "https://www.google.co.uk/url?q=https%3A%2F%2Fgazette.example%2Fnews%2F1&sa=U"),
    (P, "http://www.bing.com/news/apiclick.aspx?ref=x&url=https%3a%2f%2fgazette.example%2fnews%2f1"),
    (P, "https://l.facebook.com/l.php?u=https%3A%2F%2Fgazette.example%2Fnews%2F1&h=AT"),
    (P, "https://lm.facebook.com/l.php?u=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://l.instagram.com/?u=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://www.youtube.com/redirect?q=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://out.reddit.com/t3_x?url=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fgazette.example%2Fnews%2F1"),
    (P, "https://urldefense.com/v3/__https://gazette.example/news/1__;!!abc"),
    (P, "https://web.archive.org/web/20260914120000/https://gazette.example/news/1"),
    (P, "https://www.google.com/amp/s/gazette.example/news/1"),
    (P, "https://gazette-example.cdn.ampproject.org/c/s/gazette.example/news/1"),
    (P, TWICE),
    ("https://old.reddit.com/r/school/comments/1", "https://www.reddit.com/r/school/comments/1/"),
    ("https://twitter.com/a/status/1", "https://x.com/a/status/1"),
    ("https://mobile.twitter.com/a/status/1?s=20", "https://x.com/a/status/1?s=20"),
    ("https://nitter.example/a/status/1", "https://x.com/a/status/1"),
    (V, "https://youtu.be/abcDEF12345?si=xyz"),
    (V, "https://www.youtube.com/shorts/abcDEF12345"),
    (V, "https://www.youtube.com/embed/abcDEF12345"),
    (V, "https://m.youtube.com/live/abcDEF12345?feature=share"),
    (V, "https://www.youtube.com/watch?feature=youtu.be&v=abcDEF12345"),
    ("https://mbasic.facebook.com/p/1", "https://web.facebook.com/p/1"),
    ("https://www.bbc.com/news/articles/abc", "https://www.bbc.co.uk/news/articles/abc"),
    ("https://en.m.wikipedia.org/wiki/School", "https://en.wikipedia.org/wiki/School"),
    ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
    ("https://gazette.example", "https://gazette.example/"),
    ("https://gazette.example/a%2fb", "https://gazette.example/a%2Fb"),
    ("https://gazette.example/caf%C3%A9", "https://gazette.example/café"),
]  # fmt: skip

DIFFERENT = [
    (P, "https://gazette.example/news/2"),
    (P, "https://other.example/news/1"),
    (P, "https://gazette.example:8443/news/1"),
    (P, "https://news.gazette.example/news/1"),
    (P, "https://gazette.example/News/1"),
    (P + "?id=1", P + "?id=2"),
    (P + "?page=1", P + "?page=2"),
    (P + "?p=1", P),
    (P + "?a=1&a=2", P + "?a=1"),
    (P + "?ref=1234", P + "?ref=1235"),
    (P + "?source=page-2", P),
    (P + "#comment-1", P + "#comment-2"),
    (P + "#comment-1", P),
    (P + "#post7", P + "#post8"),
    (P + "#p17", P + "#p18"),
    (P + "#outgoing-1", P + "#incoming-1"),
    (P + "?comment_id=1", P + "?comment_id=2"),
    (V, "https://www.youtube.com/watch?v=abcdef12345"),
    (V, "https://youtu.be/abcDEF12346"),
    ("https://www.youtube.com/@school", "https://www.youtube.com/@schools"),
    ("https://x.com/a/status/1", "https://x.com/a/status/2"),
    ("https://www.facebook.com/permalink.php?story_fbid=1&id=9",
     "https://www.facebook.com/permalink.php?story_fbid=2&id=9"),
    ("https://www.reddit.com/r/a/comments/1/t/c1", "https://www.reddit.com/r/a/comments/1/t/c2"),
    ("https://news.google.com/rss/articles/CBMi1", "https://news.google.com/rss/articles/CBMi2"),
    ("https://www.google.com/search?q=a", "https://www.google.com/search?q=b"),
    ("https://t.co/abc", "https://t.co/abd"),
    ("https://en.wikipedia.org/wiki/School", "https://cy.wikipedia.org/wiki/School"),
    ("https://www.bbc.com/sport/1", "https://www.bbc.co.uk/news/1"),
    ("https://example.org/a%2Fb", "https://example.org/a/b"),
    ("https://www.google.com/url?q=https%3A%2F%2Fa.example%2F1",
     "https://www.google.com/url?q=https%3A%2F%2Fa.example%2F2"),
    (P + "?v=1", P + "?v=2"),
    (P + "?topic=4", P + "?topic=5"),
    (P + "/page/2", P),
    (P + "?share=17", P + "?share=18"),
    (P + "/amp/gallery", P + "/gallery"),
    ("https://www.youtube.com/watch?v=abcDEF12345&lc=Ug1",
     "https://www.youtube.com/watch?v=abcDEF12345&lc=Ug2"),
    ("https://www.whatdotheyknow.com/request/exclusions#outgoing-888",
     "https://www.whatdotheyknow.com/request/exclusions#outgoing-889"),
    ("https://bit.ly/abc", "https://bit.ly/abd"),
    ("https://en.wikipedia.org/w/index.php?title=School&diff=1&oldid=prev",
     "https://en.wikipedia.org/w/index.php?title=School&diff=2&oldid=prev"),
    ("https://web.archive.org/web/20260914120000/https://gazette.example/news/1",
     "https://web.archive.org/web/20260914120000/https://gazette.example/news/2"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_one_page_has_one_canonical_address(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_pages_stay_two(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


R = "https://www.reddit.com/r/northants/comments/1abcde/hollybrook_primary/"
F = "https://www.facebook.com/permalink.php?story_fbid=1017&id=99"

NAMED = [
    ("reddit:t3_1abcde", R),
    ("reddit:t3_1abcde", "https://redd.it/1abcde"),
    ("reddit:t3_1abcde", "https://old.reddit.com/comments/1abcde?sort=new"),
    ("reddit:t1_kx9", f"{R}kx9/?context=3"),
    ("youtube:hOllyBr00k1", "https://youtu.be/hOllyBr00k1?t=30"),
    ("youtube:comment:Ugz.9", "https://www.youtube.com/watch?v=hOllyBr00k1&lc=Ugz.9"),
    ("bsky:did:plc:abc/3kx", "https://bsky.app/profile/did:plc:abc/post/3kx"),
    ("x:1834567", "https://twitter.com/jo/status/1834567/photo/1"),
    ("x:1834567", "https://x.com/i/web/status/1834567?s=20"),
    ("fb:1017", F),
    ("fb:1017", "https://m.facebook.com/hollybrook/posts/1017"),
    ("fb:comment:23", f"{F}&comment_id=23"),
    ("wiki:en/4711", "https://en.wikipedia.org/w/index.php?title=School&diff=4711&oldid=prev"),
    ("wiki:cy/4711", "https://cy.m.wikipedia.org/w/index.php?oldid=4711"),
    ("wdtk:outgoing/888", "https://www.whatdotheyknow.com/request/exclusions#outgoing-888"),
    ("newsquest:lantern.example/24551234", "https://www.lantern.example/news/24551234.fire/"),
    ("newsquest:lantern.example/24551234", "https://lantern.example/news/24551234.school-fire"),
    ("mastodon:toot.example/112233445566778899", "https://toot.example/@jo/112233445566778899"),
    ("mastodon:toot.example/112233445566778899",
     "https://toot.example/users/jo/statuses/112233445566778899"),
    (P, f"{P}?utm_source=x"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "url"), NAMED)
def test_a_place_has_its_own_name_for_a_post_and_any_other_page_its_address(
    name: str, url: str
) -> None:
    assert identity(url) == name


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_things_keep_two_names(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.mark.parametrize("url", [url for pair in EQUAL + DIFFERENT for url in pair])
def test_the_canonical_form_is_its_own(url: str) -> None:
    assert canonical(canonical(url)) == canonical(url)


def test_a_wrapper_around_something_unsafe_stays_wrapped() -> None:
    for target in ("javascript:alert(1)", "https://a@b.example/", "", "//x"):
        url = f"https://www.google.com/url?q={target}"
        assert unwrap(url) == url


@pytest.mark.parametrize(
    "url", ["https://gazette.example/a?b=c#d", "http://127.0.0.1:8080/", "https://bücher.example/"]
)
def test_a_web_address_may_be_shown(url: str) -> None:
    assert safe_link(f" {url}\n") == url


@pytest.mark.parametrize(
    "url",
    [
        "", "javascript:alert(1)", "java\tscript:x", "data:text/html,x", "//gazette.example/",
        "/news", "ftp://gazette.example/", "https://user:pw@gazette.example/", "https://",
        "https://a\\b/", "https://gazette.example/\u202egpj.exe", 'https://a.example/"onx',
        "https://a.example/<b>", "https://[::1", "https://a.example:x/", "https://a/" + "x" * 5000,
        "https://a.example/\x00",
    ],
)  # fmt: skip
def test_anything_else_is_not_shown(url: str) -> None:
    assert safe_link(url) == ""


@given(st.text())
def test_no_text_breaks_an_address(text: str) -> None:
    for url in (text, f"https://{text}", f"https://gazette.example/{text}", f"{P}?{text}"):
        assert isinstance(canonical(url), str)
        assert isinstance(identity(url), str)
        assert safe_link(url) in ("", url.strip())
