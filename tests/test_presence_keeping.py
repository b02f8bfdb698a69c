"""What a person keeps of their own check is theirs alone, and goes without a trace."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.presence import sealing
from monitor.presence.keeping import Boxes, house_key
from monitor.presence.record import Agreement, Finding, Identity, Record, Run
from monitor.presence.sealing import NotOpenedError
from monitor.store import presence
from monitor.store.engine import Store, StoreError
from monitor.store.opening import open_store
from tests.conftest import Clock

pytestmark = pytest.mark.slow

HEAD, ANN, BOB = "head@hollybrook.example", "ann@hollybrook.example", "bob@hollybrook.example"
PHRASE = "four blue herons walking"
PLANTED = "Zebedee Quillfeather"
KEY = bytes(range(32))


def _record(clock: Clock, name: str = PLANTED, **more: object) -> Record:
    agreement = Agreement(wording="I look for myself.", at=clock())
    return Record(identity=Identity(name=name), agreement=agreement, **more)


def _finding(clock: Clock, number: int = 1, text: str = PLANTED) -> Finding:
    return Finding(
        id=f"{number:04}",
        url=f"https://place.example/{number}",
        title=f"{PLANTED} {number}",
        text=text,
        place="Brave",
        grade="likely",
        kind="mention",
        reasons=("It names you.",),
        first=clock(),
        last=clock(),
    )


def _boxes(store: Store, *accounts: str) -> Boxes:
    return Boxes(store, KEY, lambda: accounts or (HEAD, ANN, BOB))


def _rows(store: Store) -> dict[str, bytes]:
    with store.reading() as connection:
        return presence.rows(connection)


def test_what_is_saved_opens_with_the_passphrase_and_with_no_other(
    store: Store, clock: Clock
) -> None:
    boxes, record = _boxes(store), _record(clock, findings=(_finding(clock),))
    boxes.save(ANN, PHRASE, record, clock())
    assert boxes.open(ANN, PHRASE, clock()) == record
    assert boxes.open(ANN.upper(), PHRASE, clock()) == record
    for account, phrase in ((ANN, "another phrase"), (BOB, PHRASE), ("stranger@x.example", PHRASE)):
        with pytest.raises(NotOpenedError):
            boxes.open(account, phrase, clock())


def test_rows_do_not_tell_who_keeps_something_nor_how_much_nor_when(
    store: Store, clock: Clock
) -> None:
    boxes = _boxes(store)
    boxes.tidy(clock())
    before = _rows(store)
    boxes.save(ANN, PHRASE, _record(clock, findings=tuple(_many(clock, 40))), clock())
    after = _rows(store)
    assert set(before) == set(after)
    assert len(after) == 3
    assert len({len(row) for row in (*before.values(), *after.values())}) == 1
    assert all(before[name] != after[name] for name in after)
    assert not any(word in name for name in after for word in ("ann", "head", "bob"))
    for row in after.values():  # nothing but noise: no byte stands out
        assert max(Counter(row).values()) < 2 * len(row) / 256


def _many(clock: Clock, number: int) -> list[Finding]:
    return [_finding(clock, index) for index in range(number)]


def test_what_is_erased_is_erased_at_once_and_without_the_passphrase(
    store: Store, clock: Clock
) -> None:
    boxes = _boxes(store)
    boxes.save(ANN, PHRASE, _record(clock), clock())
    boxes.save(BOB, PHRASE, _record(clock, "Bob"), clock())
    boxes.erase(ANN, clock())
    boxes.scrub()
    with pytest.raises(NotOpenedError):
        boxes.open(ANN, PHRASE, clock())
    assert boxes.open(BOB, PHRASE, clock()).identity.name == "Bob"
    assert len(_rows(store)) == 3


def test_no_byte_of_what_was_kept_stays_in_a_sqlite_file_or_beside_it(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "footprint.db"
    store = open_store(f"sqlite:///{path}")
    boxes = _boxes(store)
    boxes.save(ANN, PHRASE, _record(clock, findings=tuple(_many(clock, 5))), clock())
    written = _bytes_of(tmp_path)
    pieces = [row[at : at + 32] for row in _rows(store).values() for at in range(0, 60_000, 997)]
    assert all(piece in written for piece in pieces)
    assert PLANTED.encode() not in written
    boxes.erase(ANN, clock())
    boxes.scrub()
    left = _bytes_of(tmp_path)
    assert not any(piece in left for piece in pieces)
    store.close()
    assert not any(piece in _bytes_of(tmp_path) for piece in pieces)


def _bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("footprint.db*")))


def test_an_account_that_is_gone_for_a_week_takes_its_box_along(store: Store, clock: Clock) -> None:
    _boxes(store).save(ANN, PHRASE, _record(clock), clock())
    fewer = _boxes(store, HEAD, BOB)
    fewer.tidy(clock())
    fewer.tidy(clock.forward(days=6))
    assert len(_rows(store)) == 3
    fewer.tidy(clock.forward(days=2))
    assert len(_rows(store)) == 2
    with pytest.raises(NotOpenedError):
        _boxes(store).open(ANN, PHRASE, clock())


def test_a_list_of_staff_that_was_wrong_for_a_day_costs_nobody_anything(
    store: Store, clock: Clock
) -> None:
    whole, empty = _boxes(store), Boxes(store, KEY, tuple)
    whole.save(ANN, PHRASE, _record(clock), clock())
    empty.tidy(clock())
    whole.tidy(clock.forward(days=1))
    empty.tidy(clock.forward(days=30))
    empty.tidy(clock.forward(days=6))
    assert whole.open(ANN, PHRASE, clock()).identity.name == PLANTED


def test_results_go_after_a_year_or_when_the_person_says_though_nobody_opens_them(
    store: Store, clock: Clock
) -> None:
    boxes = _boxes(store)
    boxes.save(ANN, PHRASE, _record(clock, months=2), clock())
    boxes.save(BOB, PHRASE, _record(clock), clock())
    names = {who: sealing.box_name(KEY, who) for who in (ANN, BOB)}
    held = {who: _inner(store, names[who]) for who in (ANN, BOB)}
    clock.forward(days=60)
    boxes.tidy(clock())
    assert {who: _inner(store, names[who]) for who in (ANN, BOB)} == held
    clock.forward(days=2)
    boxes.tidy(clock())
    assert _inner(store, names[ANN]) != held[ANN]
    clock.forward(days=304)
    with pytest.raises(NotOpenedError):
        boxes.open(BOB, PHRASE, clock())
    boxes.tidy(clock())
    assert _inner(store, names[BOB]) != held[BOB]


def _inner(store: Store, name: str) -> bytes:
    return sealing.unwrapped(_rows(store)[name], KEY, name).inner


def test_single_findings_go_when_they_have_been_kept_for_as_long(clock: Clock) -> None:
    old = _finding(clock, 1)
    run = Run(at=clock())
    record = _record(clock, findings=(old,), runs=(run,), ticks={"a": clock()}, months=3)
    assert record.current(clock.forward(days=80)) == record
    later = record.current(clock.forward(days=20))
    assert (later.findings, later.runs, later.ticks) == ((), (), {})


def test_what_does_not_fit_costs_the_least_harmful_findings(store: Store, clock: Clock) -> None:
    noise = [_finding(clock, n, _noise(6)) for n in range(400)]
    kept = _boxes(store).save(ANN, PHRASE, _record(clock, findings=tuple(noise)), clock())
    assert 50 < len(kept.findings) < 400
    assert kept.findings == tuple(noise[: len(kept.findings)])
    assert _boxes(store).open(ANN, PHRASE, clock()) == kept


def _noise(times: int) -> str:
    return "".join(sealing.new_key().hex() for _ in range(times))


def test_a_row_that_was_tampered_with_costs_itself_alone(store: Store, clock: Clock) -> None:
    boxes = _boxes(store)
    boxes.save(ANN, PHRASE, _record(clock), clock())
    boxes.save(BOB, PHRASE, _record(clock, "Bob"), clock())
    rows = _rows(store)
    name = sealing.box_name(KEY, ANN)
    rows[name] = rows[name][:-1] + bytes([rows[name][-1] ^ 1])
    with store.writing() as connection:
        presence.replace(connection, rows)
    with pytest.raises(NotOpenedError):
        boxes.open(ANN, PHRASE, clock())
    boxes.tidy(clock())
    assert boxes.open(BOB, PHRASE, clock()).identity.name == "Bob"


def test_a_mark_and_the_first_day_stay_with_a_finding_that_is_found_again(clock: Clock) -> None:
    first = clock()
    record = _record(clock).with_run(Run(at=first), (_finding(clock),)).marked("0001", "not me")
    then = clock.forward(days=30)
    record = record.with_run(Run(at=then), (_finding(clock, 1), _finding(clock, 2)))
    (old, new) = sorted(record.findings, key=lambda one: one.id)
    assert (old.mark, old.first, old.last) == ("not me", first, then)
    assert (record.is_new(old), record.is_new(new)) == (False, True)
    record = record.with_run(Run(at=clock.forward(days=1)), (_finding(clock, 2),))
    assert [one.id for one in record.findings if record.is_gone(one)] == ["0001"]


def test_the_house_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "presence.key"
    key = house_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert house_key(path) == key
    path.write_bytes(b"short")
    with pytest.raises(StoreError, match="is damaged"):
        house_key(path)


def test_the_same_passphrase_opens_nothing_under_another_house_key(
    store: Store, clock: Clock
) -> None:
    _boxes(store).save(ANN, PHRASE, _record(clock), clock())
    other = Boxes(store, sealing.new_key(), lambda: (HEAD, ANN, BOB))
    with pytest.raises(NotOpenedError):
        other.open(ANN, PHRASE, clock() + timedelta(days=1))
