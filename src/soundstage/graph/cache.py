"""The cache: results by the hash of what made them, values by the hash of what they are.

Notable: an index (SQLite) maps keys to content; small plain values live in it, all others in files (`objects`), which
are whole before the index names them. What is read is checked against its own hash, and an entry that was damaged is
dropped and made again. Over the limit, what is cheapest to make again per byte goes.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundstage.errors import InputError
from soundstage.graph.objects import Objects
from soundstage.graph.values import canonical, digest, rebuild

DEFAULT_LIMIT = 10 * 2**30
INLINE = 32 * 2**10

_SCHEMA = """
CREATE TABLE IF NOT EXISTS results (
    key TEXT PRIMARY KEY, task TEXT, digest TEXT, shape TEXT, bytes INTEGER, seconds REAL, used REAL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_digest ON results (digest);
CREATE TABLE IF NOT EXISTS history (task TEXT, model TEXT, features TEXT, seconds REAL, memory_mb REAL, time REAL);
CREATE INDEX IF NOT EXISTS by_task ON history (task, model);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""


@dataclass(frozen=True)
class Entry:
    """A kept result: where it came from, what it is, how large, and how many seconds it took to make."""

    key: str
    task: str
    digest: str
    shape: str | None
    bytes: int
    seconds: float
    used: float


class Damaged(Exception):
    """An entry whose files are gone or are not what they were; it has been dropped."""

    def __init__(self, entry: Entry, reason: str) -> None:
        self.key = entry.key
        super().__init__(f"a result of '{entry.task}' cannot be read back ({' '.join(reason.split())[:200]})")


class Cache:
    """A folder of results, safe for many threads and processes.

    Without `durable` a finished entry still survives the end of its process, but perhaps not that of the machine.
    """

    def __init__(self, folder: Path | str, limit: int | None = None, *, durable: bool = True) -> None:
        self.folder = Path(folder)
        self.durable = durable
        self.objects = Objects(self.folder, durable=durable)
        self._lock = threading.Lock()
        self._index = self._open()
        if limit is not None:
            self.limit = limit

    # The index

    def _open(self) -> sqlite3.Connection:
        path = self.folder / "index.db"
        try:
            return self._connect(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
                raise InputError("cache", f"{path} is locked", "end the process that holds it") from None
            path.replace(path.with_suffix(f".broken-{int(time.time())}"))
            for extra in self.folder.glob("index.db-*"):
                extra.unlink()
            return self._connect(path)

    def _connect(self, path: Path) -> sqlite3.Connection:
        index = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        index.execute("PRAGMA journal_mode=WAL")
        index.execute(f"PRAGMA synchronous={'NORMAL' if self.durable else 'OFF'}")
        index.executescript(_SCHEMA)
        index.execute("SELECT count(*) FROM results LIMIT 1").fetchone()
        return index

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a statement on the index."""
        with self._lock:
            return self._index.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the index."""
        with self._lock:
            self._index.close()

    # Results

    def find(self, key: str) -> Entry | None:
        """The entry of a key, if its files are all there with their sizes; marks it as used."""
        rows = self.query("SELECT * FROM results WHERE key = ?", key)
        if not rows:
            return None
        entry = Entry(*rows[0])
        if entry.shape is None and not self.objects.intact(entry.digest):
            self.drop(entry)
            return None
        self.query("UPDATE results SET used = ? WHERE key = ?", time.time(), key)
        return entry

    def put(self, key: str, task: str, value: Any, annotation: Any, seconds: float) -> Entry:
        """Keep a result. Raises RunError for a value that cannot be kept."""
        with self.objects.laid_out(value, annotation) as (shape, folder):
            address = digest(shape, folder)
            text = canonical(shape).decode()
            if folder is None and len(text) <= INLINE:
                entry = Entry(key, task, address, text, len(text), seconds, time.time())
            else:
                entry = Entry(key, task, address, None, self.objects.keep(shape, folder, address), seconds, time.time())
        self.query(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(entry.key, entry.task, entry.digest, entry.shape, entry.bytes, entry.seconds, entry.used),
        )
        return entry

    def value(self, entry: Entry, annotation: Any) -> Any:
        """The value of an entry, checked against its hash.

        Raises Damaged, and drops the entry, when it is not what was kept.
        """
        folder = self.objects.place(entry.digest)
        try:
            shape = json.loads(entry.shape) if entry.shape is not None else self.objects.shape(entry.digest)
            if digest(shape, folder if entry.shape is None else None) != entry.digest:
                raise ValueError("its hash differs")
            return rebuild(shape, annotation, folder)
        except Exception as error:  # a kind's restore may raise anything for damaged files
            self.drop(entry)
            raise Damaged(entry, str(error)) from error

    def digest_of(self, value: Any, annotation: Any = Any) -> str:
        """The address that a value would have."""
        with self.objects.laid_out(value, annotation) as (shape, folder):
            return digest(shape, folder)

    def drop(self, entry: Entry) -> None:
        """Forget an entry, its files, and every other result that has the same files."""
        self.query("DELETE FROM results WHERE digest = ?", entry.digest)
        self.objects.remove(entry.digest)

    # Size

    @property
    def limit(self) -> int:
        """Bytes that the cache may take when no run is going on."""
        rows = self.query("SELECT value FROM settings WHERE name = 'limit'")
        return int(rows[0][0]) if rows else DEFAULT_LIMIT

    @limit.setter
    def limit(self, limit: int) -> None:
        if limit < 0:
            raise InputError("limit", f"is {limit}", "give bytes, 0 or more")
        self.query("INSERT OR REPLACE INTO settings VALUES ('limit', ?)", str(limit))

    def size(self) -> int:
        """Bytes of all values, each counted once."""
        return int(
            self.query("SELECT coalesce(sum(b), 0) FROM (SELECT max(bytes) b FROM results GROUP BY digest)")[0][0]
        )

    def entries(self) -> list[Entry]:
        """Every result, the latest used first."""
        return [Entry(*row) for row in self.query("SELECT * FROM results ORDER BY used DESC")]

    def trim(self, since: float | None = None) -> int:
        """Bring the cache below its limit; what was used after `since` stays. Returns the bytes freed.

        First goes what took the fewest seconds a byte to make, aged by the days since it was used.
        """
        size, limit = self.size(), self.limit
        if size <= limit:
            return 0
        now, freed = time.time(), 0
        rows = self.query(
            "SELECT digest, max(bytes) FROM results GROUP BY digest HAVING max(used) < ?"
            " ORDER BY max(seconds) / max(max(bytes), 1) / (1 + (? - max(used)) / 86400.0), max(used)",
            now if since is None else since,
            now,
        )
        for address, held in rows:
            if size - freed <= limit * 0.9:
                break
            self.query("DELETE FROM results WHERE digest = ?", address)
            self.objects.remove(address)
            freed += held
        self.objects.remove_orphans({row[0] for row in self.query("SELECT DISTINCT digest FROM results")})
        return freed

    def clear(self) -> int:
        """Drop every result; the measured history stays. Returns the bytes freed."""
        freed = self.size()
        self.query("DELETE FROM results")
        self.objects.clear()
        return freed
