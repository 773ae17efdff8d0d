"""Uploads, accounts and records in the database: a file is stored whole in one transaction, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeVar

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite

from cgrev.layout import RevenueType
from cgrev.server import tables
from cgrev.server.records import LoadedFile, LoggedRow, Row, account_key, folded

_T = TypeVar("_T")
Duplicates = Literal["within-file", "everywhere", "load"]
DUPLICATE = "Duplicate Record"
"""As the vendor prints it in the log of a sibling endpoint."""
_CHUNK = 500
"""Values in one IN list: below every limit on parameters."""


class AlreadyProcessed(Exception):
    """The same bytes were uploaded before, and the settings refuse that."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One entry of the list of uploads. `uploaded_at` is UTC."""

    id: int
    source_filename: str
    status: str
    uploaded_at: datetime
    successful: int
    unsuccessful: int
    logs: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As the vendor prints it: numbers as strings."""
        return {
            "id": str(self.id),
            "status": self.status,
            "source_filename": self.source_filename,
            "date_upload": self.uploaded_at.strftime("%Y-%m-%d %H:%M:%S"),
            "total_records": str(self.successful + self.unsuccessful),
            "successful_records": str(self.successful),
            "unsuccessful_records": str(self.unsuccessful),
            "logs": list(self.logs),
        }


@dataclass(frozen=True, slots=True)
class FileQuery:
    """Which uploads to list. Days are UTC and inclusive (a range that ends before it starts holds none);
    the oldest upload comes first."""

    id: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    start: int = 0
    limit: int = 1000


@dataclass(frozen=True, slots=True)
class BookedRecord:
    """A stored record with the account as it is displayed; `account_id` groups them."""

    account_id: int
    account: str
    amount: int
    start: date
    end: date
    revenue_type: RevenueType


class Store:
    """Thread-safe; every call is one transaction."""

    def __init__(self, database: tables.Database, clock: Callable[[], float]) -> None:
        self._database = database
        self._clock = clock

    def save(
        self, name: str, digest: str, loaded: LoadedFile, *, duplicates: Duplicates, refuse_same_file: bool
    ) -> int:
        """Store one file with its rows, and return its id. Raises `AlreadyProcessed`."""
        with self._database.write() as connection:
            if refuse_same_file and _seen(connection, digest):
                raise AlreadyProcessed
            rows, logged = _without_duplicates(connection, loaded, duplicates)
            accounts = self._accounts(connection, rows)
            file_id = connection.execute(
                tables.file.insert().returning(tables.file.c.id),
                {
                    "source_filename": name,
                    "digest": digest,
                    "status": "Processed",
                    "uploaded_at": int(self._clock()),
                    "successful": len(rows),
                    "unsuccessful": len(logged),
                },
            ).scalar_one()
            if rows:
                connection.execute(
                    tables.record.insert(), [_record_values(row, file_id, accounts[row.key]) for row in rows]
                )
            if logged:
                connection.execute(
                    tables.log.insert(),
                    [{"file_id": file_id, "n": entry.n, "message": entry.message} for entry in logged],
                )
            return int(file_id)

    def _accounts(self, connection: Connection, rows: Sequence[Row]) -> dict[str, int]:
        """Ids by key, unknown accounts created. The first spelling stays, whoever else uploads at once."""
        names: dict[str, str] = {}
        for row in rows:
            names.setdefault(row.key, row.account)
        if names:
            insert = postgresql.insert if self._database.dialect == "postgresql" else sqlite.insert
            connection.execute(
                insert(tables.account).on_conflict_do_nothing(index_elements=[tables.account.c.key]),
                # In one order everywhere, so that two writers can never wait for each other.
                [{"key": key, "folded": folded(names[key]), "name": names[key]} for key in sorted(names)],
            )
        columns = (tables.account.c.key, tables.account.c.id)
        return {
            key: id
            for keys in _chunks(sorted(names))
            for key, id in connection.execute(select(*columns).where(tables.account.c.key.in_(keys)))
        }

    def files(self, query: FileQuery) -> list[StoredFile]:
        """Uploads, oldest first."""
        file = tables.file
        statement = select(file).order_by(file.c.id).offset(query.start).limit(query.limit)
        if query.id is not None:
            statement = statement.where(file.c.id == query.id)
        if query.first_day is not None:
            statement = statement.where(file.c.uploaded_at >= _midnight(query.first_day))
        if query.last_day is not None:
            statement = statement.where(file.c.uploaded_at < _midnight(query.last_day) + 86_400)
        with self._database.read() as connection:
            found = connection.execute(statement).all()
            logs = _logs(connection, [row.id for row in found])
        return [
            StoredFile(
                id=row.id,
                source_filename=row.source_filename,
                status=row.status,
                uploaded_at=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=row.uploaded_at),
                successful=row.successful,
                unsuccessful=row.unsuccessful,
                logs=tuple(logs.get(row.id, ())),
            )
            for row in found
        ]

    def recent_files(self, count: int) -> list[StoredFile]:
        """The last uploads, newest first."""
        with self._database.read() as connection:
            total = connection.execute(select(func.count()).select_from(tables.file)).scalar_one()
        return self.files(FileQuery(start=max(0, total - count), limit=count))[::-1]

    def last_file_id(self) -> int:
        """The highest id of an upload, 0 when there is none."""
        with self._database.read() as connection:
            return int(connection.execute(select(func.coalesce(func.max(tables.file.c.id), 0))).scalar_one())

    def delete(self, file_id: int) -> bool:
        """Remove a file with the revenue it brought; accounts stay. False when there is no such file."""
        with self._database.write() as connection:
            result = connection.execute(tables.file.delete().where(tables.file.c.id == file_id))
            return result.rowcount > 0

    def account_ids(self, search: str = "", *, start: int = 0, limit: int | None = None) -> list[int]:
        """Accounts whose name holds `search` (case does not matter), in the order of their names."""
        account = tables.account
        statement = select(account.c.id).order_by(account.c.folded, account.c.id).offset(start)
        statement = _holding(statement, search)
        if limit is not None:
            statement = statement.limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def account_names(self) -> list[str]:
        """All accounts as they are displayed, in the order of `account_ids`."""
        account = tables.account
        with self._database.read() as connection:
            return list(connection.execute(select(account.c.name).order_by(account.c.folded)).scalars())

    def account_count(self, search: str = "") -> int:
        statement = _holding(select(func.count()).select_from(tables.account), search)
        with self._database.read() as connection:
            return int(connection.execute(statement).scalar_one())

    def account_id(self, name: str) -> int | None:
        """The account of this name in any spelling."""
        statement = select(tables.account.c.id).where(tables.account.c.key == account_key(name))
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one_or_none()

    def records(self, account_ids: Collection[int]) -> list[BookedRecord]:
        """All records of these accounts, in the order of `account_ids`, then as they were stored."""
        account, record = tables.account, tables.record
        columns = (
            account.c.id,
            account.c.name,
            record.c.amount,
            record.c.start_date,
            record.c.end_date,
            record.c.revenue_type,
        )
        found: list[BookedRecord] = []
        with self._database.read() as connection:
            for ids in _chunks(list(account_ids)):
                statement = (
                    select(*columns)
                    .join(record, record.c.account_id == account.c.id)
                    .where(account.c.id.in_(ids))
                    .order_by(record.c.id)
                )
                found += [
                    BookedRecord(id, name, amount, start, end, RevenueType(kind))
                    for id, name, amount, start, end, kind in connection.execute(statement)
                ]
        place = {id: index for index, id in enumerate(account_ids)}
        found.sort(key=lambda entry: place[entry.account_id])  # stable: keeps the order of storing
        return found


def _seen(connection: Connection, digest: str) -> bool:
    statement = select(tables.file.c.id).where(tables.file.c.digest == digest).limit(1)
    return connection.execute(statement).first() is not None


def _without_duplicates(
    connection: Connection, loaded: LoadedFile, duplicates: Duplicates
) -> tuple[list[Row], list[LoggedRow]]:
    if duplicates == "load":
        return list(loaded.rows), list(loaded.logged)
    seen: set[str] = set()
    if duplicates == "everywhere":
        for digests in _chunks([row.digest for row in loaded.rows]):
            statement = select(tables.record.c.digest).where(tables.record.c.digest.in_(digests))
            seen.update(connection.execute(statement).scalars())
    rows: list[Row] = []
    logged = list(loaded.logged)
    for row in loaded.rows:
        if row.digest in seen:
            logged.append(LoggedRow(row.n, DUPLICATE))
        else:
            seen.add(row.digest)
            rows.append(row)
    return rows, sorted(logged, key=lambda entry: entry.n)


def _record_values(row: Row, file_id: int, account_id: int) -> dict[str, Any]:
    return {
        "file_id": file_id,
        "n": row.n,
        "account_id": account_id,
        "amount": row.amount,
        "start_date": row.start,
        "end_date": row.end,
        "revenue_type": row.revenue_type.value,
        "description": row.description,
        "digest": row.digest,
    }


def _logs(connection: Connection, file_ids: list[int]) -> dict[int, list[str]]:
    logs: dict[int, list[str]] = {}
    log = tables.log
    for ids in _chunks(file_ids):
        statement = select(log.c.file_id, log.c.n, log.c.message).where(log.c.file_id.in_(ids))
        for file_id, n, message in connection.execute(statement.order_by(log.c.file_id, log.c.n, log.c.id)):
            logs.setdefault(file_id, []).append(f"Record {n}: {message}")
    return logs


def _holding(statement: Select[Any], search: str) -> Select[Any]:
    needle = folded(search)
    if not needle:
        return statement
    return statement.where(tables.account.c.folded.contains(needle, autoescape=True))


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * 86_400


def _chunks(values: list[_T]) -> Iterator[list[_T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
