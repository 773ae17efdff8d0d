"""Fixing delimited text: what is kept, what is refused, what a diff shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from cgrev import fixing
from cgrev.errors import InputRefused, UsageError
from cgrev.fixing import CellFix, Refusal
from cgrev.readers import open_table
from cgrev.table import OpenTable


def table(encoding: str = "utf-8", delimiter: str = ",", reader: str = "csv") -> OpenTable:
    return OpenTable(reader, 2, lambda rows: iter(()), delimiter=delimiter, encoding=encoding)


def saved(folder: Path, data: bytes) -> Path:
    path = folder / "in.csv"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "iso-8859-15", "utf-16-le", "shift_jis"])
def test_encoding_line_ends_and_quotes_are_kept(tmp_path: Path, encoding: str) -> None:
    umlaut = "日" if encoding == "shift_jis" else "ü"
    text = f'Name;Amount\r\n"M{umlaut}ller";1,234\r\n\r\nplain;"5"\n'
    path = saved(tmp_path, text.encode(encoding))
    fixes = [CellFix(2, 1, "1234", old="1,234"), CellFix(4, 1, "7", old="5")]
    fixed = fixing.apply(path, fixes, table(encoding, ";"))
    assert fixed.data.decode(encoding) == f'Name;Amount\r\n"M{umlaut}ller";1234\r\n\r\nplain;"7"\n'
    assert (fixed.applied, fixed.refused, fixed.changed) == (2, (), True)
    assert path.read_bytes() == text.encode(encoding)  # nothing is written


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff"),
     ("utf-16-le", b""), ("cp1252", b""), ("utf-32-le", b"\xff\xfe\x00\x00")],
)  # fmt: skip
def test_what_the_reader_decided_is_understood(tmp_path: Path, encoding: str, mark: bytes) -> None:
    text = 'Name;Amount\r\n"M\u00fc;ller";1,50 \u20ac\r\nBeta;2\r\n"over\ntwo";"3"\r\n'
    path = saved(tmp_path, mark + text.encode(encoding))
    opened = open_table(path)
    rows = opened.head().to_dicts()
    fixes = [
        CellFix(row["row"], index, f"new {index}", old=row[f"c{index}"])
        for row in rows
        for index in range(2)
        if row[f"c{index}"] is not None
    ]
    fixed = fixing.apply(path, fixes, opened)
    assert fixed.data.startswith(mark)
    after = fixed.data[len(mark) :].decode(encoding)
    assert after == 'new 0;new 1\r\n"new 0";new 1\r\nnew 0;new 1\r\n"new 0";"new 1"\r\n'
    assert fixed.applied == len(fixes) == 8


def test_a_byte_order_mark_is_kept_and_the_first_cell_can_be_fixed(tmp_path: Path) -> None:
    path = saved(tmp_path, b"\xef\xbb\xbfname,x\na,b\n")
    fixed = fixing.apply(path, [CellFix(1, 0, "Account name", old="name")], table())
    assert fixed.data == b"\xef\xbb\xbfAccount name,x\na,b\n"


def test_quotes_come_where_they_are_needed(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a,b\nx,y\n")
    assert fixing.apply(path, [CellFix(2, 0, 'one, "two"')], table()).data == b'a,b\n"one, ""two""",y\n'
    assert fixing.apply(path, [CellFix(2, 0, " x")], table()).data == b'a,b\n" x",y\n'


def test_a_cell_emptied_alone_in_its_row_does_not_make_a_blank_line(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a\nx\ny\n")
    assert fixing.apply(path, [CellFix(2, 0, "")], table()).data == b'a\n""\ny\n'


def test_the_first_of_several_fixes_of_a_cell_is_applied(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a,b\nx,y\n")
    fixed = fixing.apply(path, [CellFix(2, 1, "first"), CellFix(2, 1, "second")], table())
    assert (fixed.data, fixed.applied) == (b"a,b\nx,first\n", 1)


def test_a_text_the_encoding_cannot_write_is_refused_for_that_cell_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, "é,b\n".encode("cp1252"))
    fixed = fixing.apply(path, [CellFix(1, 0, "日"), CellFix(1, 1, "c")], table("cp1252"))
    assert fixed.data == "é,c\n".encode("cp1252")
    assert fixed.refused == (
        Refusal(1, 0, "the new text cannot be written in cp1252: save the file as UTF-8 first"),
    )


@pytest.mark.parametrize("fix", [CellFix(9, 0, "x"), CellFix(2, 7, "x"), CellFix(2, 1, "x", old="other")])
def test_a_file_that_has_changed_since_the_check_is_refused(tmp_path: Path, fix: CellFix) -> None:
    path = saved(tmp_path, b"a,b\nx,y\n")
    with pytest.raises(InputRefused, match="is not as it was checked") as refused:
        fixing.apply(path, [fix], table())
    assert refused.value.code == "CGR001"
    assert refused.value.path == str(path)


@pytest.mark.parametrize("reader", ["xls", "xlsb", "html", "spreadsheetml", "unheard-of"])
def test_kinds_that_cannot_be_fixed_are_refused_by_name_with_advice(tmp_path: Path, reader: str) -> None:
    path = saved(tmp_path, b"a,b\n")
    with pytest.raises(UsageError, match=f"a file read as {reader} cannot be fixed in place") as refused:
        fixing.apply(path, [CellFix(1, 0, "x")], table(reader=reader))
    assert refused.value.help


def test_a_diff_shows_changed_lines_with_context_and_invisible_characters(tmp_path: Path) -> None:
    lines = [f"row {number},{number}" for number in range(1, 21)]
    lines[4] = "Ac\u00a0me,1"
    path = saved(tmp_path, ("\r\n".join(lines) + "\r\n").encode())
    fixes = [CellFix(5, 0, "Ac me"), CellFix(18, 1, "180")]
    assert fixing.diff(path, fixes, table()).splitlines() == [
        f"--- {path}", f"+++ {path}",
        "@@ -2,7 +2,7 @@",
        " row 2,2", " row 3,3", " row 4,4", "-Ac\\xa0me,1", "+Ac me,1", " row 6,6", " row 7,7", " row 8,8",
        "@@ -15,6 +15,6 @@",
        " row 15,15", " row 16,16", " row 17,17", "-row 18,18", "+row 18,180", " row 19,19", " row 20,20",
    ]  # fmt: skip


def test_a_diff_counts_lines_when_a_cell_had_line_breaks(tmp_path: Path) -> None:
    path = saved(tmp_path, b'a,b\n"x\ny",1\nz,2\nw,3\n')
    assert fixing.diff(path, [CellFix(2, 0, "x y"), CellFix(5, 1, "4")], table()).splitlines()[2:] == [
        "@@ -1,5 +1,4 @@", " a,b", '-"x', '-y",1', '+"x y",1', " z,2", "-w,3", "+w,4",
    ]  # fmt: skip


def test_later_hunks_of_a_diff_are_moved_by_the_lines_above(tmp_path: Path) -> None:
    path = saved(tmp_path, b'a,b\n"x\ny",1\n' + b"z,2\n" * 20 + b"w,3\n")
    shown = fixing.diff(path, [CellFix(2, 0, "x y"), CellFix(24, 1, "4")], table()).splitlines()
    assert [line for line in shown if line.startswith("@@")] == ["@@ -1,6 +1,5 @@", "@@ -21,4 +20,4 @@"]


def test_nothing_to_fix_gives_the_bytes_back_and_no_diff(tmp_path: Path) -> None:
    path = saved(tmp_path, b"a,b\nx,y\n")
    fixed = fixing.apply(path, [CellFix(2, 0, "x")], table())
    assert (fixed.data, fixed.applied, fixed.changed) == (b"a,b\nx,y\n", 0, False)
    assert fixing.diff(path, [], table()) == ""


def test_write_keeps_rights_and_follows_links(tmp_path: Path) -> None:
    path = saved(tmp_path, b"old")
    path.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    fixing.write(link, b"new")
    assert path.read_bytes() == b"new"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert sorted(tmp_path.iterdir()) == [path, link]


def test_a_write_that_fails_leaves_the_old_bytes_and_no_other_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, b"old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(InputRefused, match="file cannot be written: no space left on device"):
        fixing.write(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
