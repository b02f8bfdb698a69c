"""The kinds of source are the files of the folder."""

from __future__ import annotations

import pytest

import sources


def test_the_kinds_are_read_off_the_folder() -> None:
    assert "feed" in sources.names()
    assert list(sources.names()) == sorted(sources.names())
    assert not {"base", "fetch", "parsing", "text", "links", "__init__"} & set(sources.names())


def test_every_kind_has_options_and_collects() -> None:
    for name in sources.names():
        module = sources.load(name)
        assert callable(module.collect)
        assert module.Options.model_config["frozen"]
        assert module.Options.model_config["extra"] == "forbid"


@pytest.mark.parametrize("name", ["base", "nothing", "../feed", "", "feed.collect"])
def test_what_is_no_kind_is_not_loaded(name: str) -> None:
    with pytest.raises(KeyError):
        sources.load(name)
