"""What only the user knows about a Salesforce export."""

from __future__ import annotations

from pydantic import Field

from cgrev.plugin import ConverterOptions


class SalesforceOptions(ConverterOptions):
    """Each option that is not given is asked for when the file leaves it open."""

    amount: str | None = Field(default=None, description="heading of the column with the revenue amount")
    start: str | None = Field(
        default=None, description="heading of the column with the first day of the period"
    )
    end: str | None = Field(default=None, description="heading of the column with the last day of the period")
    months: int | None = Field(
        default=None, ge=1, le=1200, description="length of a period whose row has neither end nor term"
    )
    revenue_type: str | None = Field(
        default=None,
        description="heading of the column with the revenue type, or one of ARR, MRR, One Time, Other",
    )
    price: str | None = Field(
        default=None,
        pattern="^(term|annual)$",
        description="what a recurring amount is the price of: the whole term, or a year (a month for MRR)",
    )
    currency: str | None = Field(default=None, description="the currency whose rows are kept, e.g. EUR")
    stages: str | None = Field(
        default=None, description="the stages that count, separated by commas, e.g. Closed Won; or all"
    )
