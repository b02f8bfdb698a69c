"""Everything that a school holds of a person, for that person: read from every table there is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor import rights
from monitor.rights import Kept, Piece, Subject
from monitor.settings import School
from monitor.store import copying, incidents, mentions
from monitor.store import rights as records
from monitor.store.engine import Connection


def found_for(
    connection: Connection, subject: Subject, school: School, hidden: Sequence[str]
) -> list[Piece]:
    """All that names the person, with others hidden: the writers of those posts, too. What is
    another school's is not this one's to give.
    """
    every = (Kept(*row) for row in records.rows(connection, copying.tables()))
    found = _of_school(connection, rights.pieces(every, subject), school)
    posts = mentions.several(connection, sorted({one.mention for one in found if one.mention}))
    writers = {post.author for post in posts if len(post.author.strip()) >= rights.SHORTEST}
    others = [*hidden, *(one for one in writers if not subject.is_in(one))]
    return [rights.for_them(piece, subject, school, others) for piece in found]


def _of_school(connection: Connection, found: Iterable[Piece], school: School) -> list[Piece]:
    kept = tuple(found)
    posts = mentions.several(connection, sorted({one.mention for one in kept if one.mention}))
    of_post = {post.id: post.school for post in posts}
    names = sorted({one.incident for one in kept if one.incident})
    of_incident = {
        case.id: case.school
        for case in (incidents.one(connection, name) for name in names)
        if case is not None
    }
    return [
        one
        for one in kept
        if one.is_of_users
        or (one.school or of_post.get(one.mention) or of_incident.get(one.incident)) == school.id
    ]
