"""Kept directories: made once, whole or not at all, and gone when nobody uses them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from localcloud import kept


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "KEPT", tmp_path)
    return tmp_path


def make(path):
    path.mkdir()
    time.sleep(0.02)
    (path / "file").write_text(str(time.monotonic_ns()))


def test_whoever_asks_at_once_gets_the_one_that_was_made():
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: (kept.keep("a", make) / "file").read_text(), range(8)))
    assert len(set(made)) == 1
    assert kept.keep("b", make) != kept.keep("a", make)


def test_what_was_cut_off_is_not_taken_for_whole():
    def break_off(path):
        path.mkdir()
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        kept.keep("a", break_off)
    assert (kept.keep("a", make) / "file").exists()


def test_only_what_nobody_used_for_a_day_goes(directory):
    old, used = kept.keep("old", make), kept.keep("used", make)
    for one in (old, used):
        os.utime(one, (0, 0))
    kept.keep("used", make)
    kept.keep("new", make)
    assert sorted(path.name for path in directory.iterdir() if path.is_dir()) == ["new", "used"]
