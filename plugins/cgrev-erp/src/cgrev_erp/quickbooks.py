"""Reports of QuickBooks Online: titles, customers as group rows, `Total for X`, a footer."""

from __future__ import annotations

from typing import ClassVar, Literal

import polars as pl
from pydantic import Field

from cgrev.plugin import (
    ConverterOptions,
    LineConverter,
    Question,
    RowChoice,
    Sheet,
    Tidied,
    is_blank,
    places_of,
)
from cgrev_erp.options import TypeOptions

GROUP = "Customer (group row)"
_TOTAL = r"(?i)^\s*total for (.+?)(?: with sub-?customers)?\s*$"


class QuickBooksOptions(TypeOptions):
    """What only the user knows about a report of customers."""

    customers: Literal["own", "parent"] | None = Field(
        default=None, description="whether lines of a sub-customer are its own or its parent's"
    )


class QuickBooks(LineConverter):
    """Sales by Customer Detail and Transaction List: the running `Balance` is never read."""

    name = "quickbooks"
    title = "QuickBooks Online report"
    Options = QuickBooksOptions
    telling: ClassVar = (
        ("Transaction Type", "Transaction type"),
        ("Num",),
        ("Amount",),
        ("Balance",),
        ("Date", "Transaction date"),
        ("Memo/Description", "Description", "Product/Service", "Split"),
    )
    choice = RowChoice(
        "types",
        "which transaction types are revenue?",
        ("Transaction Type", "Transaction type"),
        "transaction type",
        certain=("Invoice", "Credit Memo", "Sales Receipt"),
        notes={
            "Payment": "repeats what was invoiced",
            "Estimate": "not sold yet",
            "Refund": "money paid back",
        },
        signs=True,
        credits=("Credit Memo", "Refund", "Refund Receipt"),
    )

    def tidy(self, sheet: Sheet, options: ConverterOptions) -> Tidied:
        """Raises `Question` where customers have sub-customers and nothing says whose their lines are."""
        done = super().tidy(sheet, options)
        if any(places_of(one, sheet.labels) for one in self.profile.headings().get("account_name", ())):
            return done
        groups, nested = customer_groups(sheet)
        choice = self.mine(options).customers
        if nested is None or choice == "own":
            return done
        if choice is None:
            row, name, parent = nested
            raise Question(
                "customers have sub-customers: whose are their lines?",
                option="customers",
                readings=[f"own: '{name}' (row {row})", f"parent: '{parent}'"],
            )
        place = f"c{len(sheet.labels)}"
        frame = done.sheet.frame.join_asof(groups, on="row").with_columns(pl.col("top").alias(place))
        return Tidied(Sheet(frame.drop("top"), done.sheet.labels), done.skipped, done.stated, done.left_out)


def customer_groups(sheet: Sheet) -> tuple[pl.DataFrame, tuple[int, str, str] | None]:
    """Group rows with the outermost customer each belongs to (row, top), and the first that is nested
    (row, name, parent), if any: a customer whose total has not come yet holds the next ones."""
    cells = [name for name in sheet.frame.columns if name[0] == "c"]
    alone = pl.all_horizontal([is_blank(name) for name in cells[1:]]) if len(cells) > 1 else pl.lit(True)
    lines = sheet.frame.filter(~is_blank(cells[0])).select("row", pl.col(cells[0]).alias("text"), alone=alone)
    totals = lines["text"].str.extract(_TOTAL, 1).str.replace_all(r"\s+", " ").str.strip_chars()
    totalled = set(totals.drop_nulls())
    stack: list[str] = []
    found: list[tuple[int, str]] = []
    nested = None
    for (row, text, single), closed in zip(lines.iter_rows(), totals, strict=True):
        name = " ".join(text.split())
        if closed is not None:
            while closed in stack:
                stack.pop()
        elif single and name.upper() != "TOTAL":
            if stack and nested is None:
                nested = (row, name, stack[-1])
            found.append((row, stack[0] if stack else name))
            if name in totalled:  # a group without a total of its own holds no other
                stack.append(name)
    tops = pl.DataFrame(found, schema={"row": pl.UInt32, "top": pl.String}, orient="row")
    return tops.set_sorted("row"), nested
