from __future__ import annotations

import os
import threading
import time
from types import ModuleType

import pytest

from soundstage.errors import InputError, RunError
from soundstage.graph import Cache
from soundstage.graph.cache import Damaged


def put(cache: Cache, toys: ModuleType, key: str, size: int, seconds: float) -> None:
    cache.put(key, "toy", toys.Blob(key.encode() * size), toys.Blob, seconds)


def test_what_is_put_is_found_by_a_later_process(toys: ModuleType, cache: Cache) -> None:
    entry = cache.put("k", "toy", toys.Blob(b"abc"), toys.Blob, 2.0)
    cache.close()
    again = Cache(cache.folder)
    found = again.find("k")
    assert found is not None and (found.digest, found.seconds) == (entry.digest, 2.0)
    assert again.value(found, toys.Blob) == toys.Blob(b"abc")
    assert again.find("other") is None
    again.close()


def test_equal_values_are_kept_once(toys: ModuleType, cache: Cache) -> None:
    for key in ("a", "b"):
        cache.put(key, "toy", toys.Blob(b"same" * 1000), toys.Blob, 1.0)
    assert len(list(cache.folder.glob("objects/*/*"))) == 1
    assert 4000 < cache.size() < 5000


@pytest.mark.parametrize("value", [1, "text", [1, 2], {"a": None}, list(range(20_000))])
def test_plain_values_come_back_equal(cache: Cache, value: object) -> None:
    entry = cache.put("k", "toy", value, type(value), 0.1)
    assert cache.value(entry, type(value)) == value


@pytest.mark.parametrize("value", [object(), float("inf"), {"a": float("nan")}])
def test_what_cannot_be_kept_is_refused(cache: Cache, value: object) -> None:
    with pytest.raises(RunError, match="cannot be kept"):
        cache.put("k", "toy", value, object, 0.1)
    assert not list((cache.folder / "tmp").iterdir())


def test_a_missing_file_is_a_miss_and_changed_bytes_are_damage(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 10, 1.0)
    put(cache, toys, "b", 10, 1.0)
    entries = {key: cache.find(key) for key in "ab"}
    paths = {key: cache.folder / "objects" / entry.digest[:2] / entry.digest for key, entry in entries.items() if entry}
    (paths["a"] / "0000" / "data.bin").unlink()
    (paths["b"] / "0000" / "data.bin").write_bytes(b"c" * 10)
    assert cache.find("a") is None
    with pytest.raises(Damaged):
        cache.value(entries["b"], toys.Blob)
    assert cache.find("b") is None and not paths["b"].exists()


def test_over_the_limit_the_cheapest_per_byte_goes_first(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 100_000, 60.0)
    put(cache, toys, "b", 100_000, 0.1)
    put(cache, toys, "c", 1_000, 1.0)
    assert cache.trim() == 0
    cache.limit = 150_000
    assert cache.trim() > 100_000
    assert [key for key in "abc" if cache.find(key)] == ["a", "c"]
    assert cache.size() <= 150_000


def test_what_a_run_uses_is_not_evicted_under_it(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 100_000, 1.0)
    began = time.time()
    put(cache, toys, "b", 100_000, 1.0)
    cache.limit = 0
    cache.trim(since=began)
    assert cache.find("a") is None and cache.find("b") is not None


def test_the_limit_is_kept_and_checked(cache: Cache) -> None:
    cache.limit = 12345
    cache.close()
    again = Cache(cache.folder)
    assert again.limit == 12345
    with pytest.raises(InputError, match="limit: is -1"):
        again.limit = -1
    again.close()


def test_clearing_forgets_all_and_keeps_the_history(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 1000, 1.0)
    cache.query("INSERT INTO history VALUES ('t', '', '{}', 1, NULL, 0)")
    assert cache.clear() > 0
    assert cache.size() == 0 and cache.find("a") is None
    assert cache.query("SELECT count(*) FROM history") == [(1,)]


def test_what_dead_processes_left_is_swept_away(cache: Cache) -> None:
    dead, own = cache.folder / "tmp" / "999999999-x", cache.folder / "tmp" / f"{__import__('os').getpid()}-x"
    dead.mkdir()
    own.mkdir()
    cache.close()
    Cache(cache.folder).close()
    assert not dead.exists() and own.exists()


def test_a_broken_index_is_set_aside(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 10, 1.0)
    cache.close()
    (cache.folder / "index.db").write_bytes(b"not a database" * 1000)
    again = Cache(cache.folder)
    assert again.find("a") is None
    put(again, toys, "a", 10, 1.0)
    assert again.find("a") is not None
    assert len(list(cache.folder.glob("index.broken-*"))) == 1
    again.close()


def test_many_threads_may_put_the_same_and_others(toys: ModuleType, cache: Cache) -> None:
    def work(own: int) -> None:
        for n in range(10):
            put(cache, toys, f"shared{n}", 50, 1.0)
            put(cache, toys, f"own{own}-{n}", 50, 1.0)

    threads = [threading.Thread(target=work, args=(own,)) for own in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(cache.entries()) == 50
    assert all(cache.value(entry, toys.Blob).data.startswith(entry.key.encode()) for entry in cache.entries())
    assert not list((cache.folder / "tmp").iterdir())


def test_orphans_are_removed_once_they_are_old(toys: ModuleType, cache: Cache) -> None:
    put(cache, toys, "a", 1000, 1.0)
    put(cache, toys, "b", 1000, 1.0)
    cache.query("DELETE FROM results WHERE key = 'a'")
    folders = list(cache.folder.glob("objects/*/*"))
    known = {entry.digest for entry in cache.entries()}
    cache.objects.remove_orphans(known)
    assert len(list(cache.folder.glob("objects/*/*"))) == 2  # its name may still be on the way
    for folder in folders:
        os.utime(folder, (0, 0))
    cache.objects.remove_orphans(known)
    assert [path.name for path in cache.folder.glob("objects/*/*")] == list(known)
