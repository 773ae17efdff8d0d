"""The tables of the sandbox, the same on SQLite and PostgreSQL, and how a database is opened.

Amounts are whole units in 64-bit integers; booked months are computed when they are read and never
stored, so that nothing derived can go out of step with the records.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Date,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    inspect,
    select,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from cgrev.errors import SettingsError

SCHEMA_VERSION = 1
BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""
_WRITES = "cgrev_writes"
_ADVISORY_LOCK = 0x63677265  # any number of our own: "cgre"

metadata = MetaData()
_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only in a plain INTEGER key

schema_version = Table("sandbox_schema", metadata, Column("version", Integer, nullable=False))
account = Table(
    "sandbox_account",
    metadata,
    Column("id", _Id, primary_key=True),
    # A digest of the folded name: some names fold to more bytes than an index entry can hold.
    Column("key", String(64), nullable=False, unique=True),
    Column("folded", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("name", Text, nullable=False),
)
file = Table(
    "sandbox_file",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("source_filename", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("uploaded_at", BigInteger, nullable=False, index=True),
    Column("successful", Integer, nullable=False),
    Column("unsuccessful", Integer, nullable=False),
    sqlite_autoincrement=True,  # the id of a deleted file is not given to another one
)
record = Table(
    "sandbox_record",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("file_id", ForeignKey(file.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("n", Integer, nullable=False),
    Column("account_id", ForeignKey(account.c.id), nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),
    Column("start_date", Date, nullable=False),
    Column("end_date", Date, nullable=False),
    Column("revenue_type", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True),
)
log = Table(
    "sandbox_log",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("file_id", ForeignKey(file.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("n", Integer, nullable=False),
    Column("message", Text, nullable=False),
)


class Database:
    """An engine whose transactions are serialised for writers, with the tables in place.

    Raises `SettingsError` for a URL or database that cannot be used, or was made by a newer version.
    """

    def __init__(self, url: str) -> None:
        self._scratch: tempfile.TemporaryDirectory[str] | None = None
        self._turn = threading.Lock()
        self.engine = self._create(url)
        self.name = self.engine.url.render_as_string(hide_password=True)
        self._writer = self.engine.execution_options(**{_WRITES: True})
        # SQLite's transactions see one state by themselves.
        level = {"isolation_level": "REPEATABLE READ"} if self.dialect == "postgresql" else {}
        self._reader = self.engine.execution_options(**level)
        try:
            with self.write() as connection:
                _prepare(connection, self.name)
        except DBAPIError as error:
            self.close()
            raise SettingsError(
                f"the database '{self.name}' cannot be opened: {_first_line(error)}",
                help="give --database sqlite:///FILE in a folder you may write to, or a reachable"
                " postgresql:// URL",
            ) from None
        except SettingsError:
            self.close()
            raise

    @property
    def dialect(self) -> str:
        return self.engine.dialect.name

    def read(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database, for the length of the block."""
        return self._reader.begin()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that no other writer overlaps; committed at the end of the block, or not at all."""
        # The writers of this process queue up here: waiting on the database is done by polling.
        with self._turn, self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        self.engine.dispose()
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None

    def _create(self, given: str) -> Engine:
        try:
            url = make_url(given)
            if url.get_backend_name() == "postgresql" and url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            if url.get_backend_name() not in ("sqlite", "postgresql"):
                raise SettingsError(
                    f"the database '{url.get_backend_name()}' is not supported",
                    help="give sqlite:///FILE or a postgresql:// URL",
                )
            if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
                # A database in memory belongs to one connection; a file that goes away serves all.
                self._scratch = tempfile.TemporaryDirectory(
                    prefix="cgrev-sandbox-", ignore_cleanup_errors=True
                )
                url = url.set(database=str(Path(self._scratch.name) / "sandbox.db"))
            options: dict[str, Any] = {"hide_parameters": True}
            if url.get_backend_name() == "sqlite":
                options["connect_args"] = {"timeout": BUSY_SECONDS}
            else:
                options |= {"pool_pre_ping": True, "connect_args": {"connect_timeout": 10}}
            engine = create_engine(url, pool_size=10, max_overflow=40, **options)
        except (ArgumentError, NoSuchModuleError, ValueError):
            # The text may hold a password, so it is not repeated.
            raise SettingsError(
                "the database setting is not a database URL",
                help="give sqlite:///FILE or postgresql://USER@HOST/NAME",
            ) from None
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"the database needs the package '{error.name}'", help="pip install 'cgrev[postgres]'"
            ) from None
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _configure_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
        else:
            event.listen(engine, "begin", _begin_postgresql)
        return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    # Writers queue up as they do on SQLite: two uploads of the same file cannot both be the first,
    # and uploads that create the same accounts in another order cannot block each other for ever.
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _prepare(connection: Connection, name: str) -> None:
    if not inspect(connection).has_table(schema_version.name):
        metadata.create_all(connection)
        connection.execute(schema_version.insert(), {"version": SCHEMA_VERSION})
        return
    version = connection.execute(select(schema_version.c.version)).scalar_one_or_none()
    if version != SCHEMA_VERSION:
        newer = version is not None and version > SCHEMA_VERSION
        raise SettingsError(
            f"the database '{name}' has schema version {version}, this cgrev knows {SCHEMA_VERSION}",
            help="upgrade cgrev, or give another --database" if newer else "give another --database",
        )


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
