"""PURE: to whom a host name belongs: the part that somebody registered, or was lent."""

from __future__ import annotations

# What stands before the country where names are not given out directly below it (co.uk, com.au).
_SECOND_NAMES = "ac co com edu gov ltd me mod net nhs nom org plc police sch"
_SECOND = frozenset(_SECOND_NAMES.split())
_LENDERS = (
    "azurewebsites.net blogspot.com firebaseapp.com github.io gitlab.io herokuapp.com netlify.app "
    "pages.dev vercel.app web.app webflow.io weebly.com wixsite.com wordpress.com workers.dev"
)
_LENT = _LENDERS.split()


def lender_of(name: str) -> str:
    """The domain below which anybody may have a name, such as blogspot.com; "" for other names."""
    return next((host for host in _LENT if name.endswith(f".{host}")), "")


def registrable(name: str) -> str:
    """The part of a host name that somebody registered.

    A rule in place of the Public Suffix List, whose ten thousand lines change weekly: it knows
    .uk, its like abroad, and who lends names. Where it errs, names are grouped under too wide or
    too narrow a heading; none is lost, and the school's own are known without it.
    """
    labels = name.split(".")
    lender = lender_of(name)
    if lender:
        kept_labels = lender.count(".") + 2
    elif name.endswith(".sch.uk"):  # name.area.sch.uk
        kept_labels = 4
    elif len(labels[-1]) == 2 and labels[-2] in _SECOND:  # noqa: PLR2004 - a country
        kept_labels = 3
    else:
        kept_labels = 2
    return ".".join(labels[-kept_labels:])
