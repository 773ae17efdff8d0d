"""Headings of Salesforce exports, as reports label them and as the API names them; the likeliest first."""

from __future__ import annotations

ACCOUNT = ("Account Name", "Account Name: Account Name", "Account: Account Name", "Account.Name", "Account")
OPPORTUNITY = ("Opportunity Name", "Opportunity: Opportunity Name", "Opportunity.Name", "Deal Name")
STAGE = ("Stage", "StageName", "Opportunity: Stage", "Opportunity.StageName")

AMOUNTS = (
    "Annual Recurring Revenue", "ARR", "Monthly Recurring Revenue", "MRR", "ACV", "TCV",
    "Total Contract Value", "Annual Contract Value", "Total Price", "TotalPrice", "Amount",
    "Opportunity Amount", "Contract Value", "Net Amount",
)  # fmt: skip
"""Columns that can be the revenue. Each may come twice: as entered and `(converted)`."""
CONVERTED = " (converted)"
CURRENCIES = ("Currency", "CurrencyIsoCode", "Opportunity Currency", "Account Currency")

STARTS = (
    "Contract Start Date", "Subscription Start Date", "Service Start Date", "Start Date", "Service Date",
    "ServiceDate", "Contract.StartDate", "StartDate",
)  # fmt: skip
CLOSED = ("Close Date", "CloseDate", "Opportunity: Close Date")
"""The day a deal was closed: the start where the export has no other."""
ENDS = (
    "Contract End Date", "Subscription End Date", "Service End Date", "End Date", "EndDate",
    "Contract.EndDate",
)  # fmt: skip
TERMS = (
    "Contract Term (Months)",
    "Contract Term (months)",
    "Contract Term",
    "ContractTerm",
    "Term (Months)",
    "Term",
)
TYPES = ("Revenue Type", "Revenue_Type__c", "CustomerGauge Revenue Type")

DISTINCTIVE = (
    *OPPORTUNITY[:2], *STAGE[:2], *CLOSED[:2], "Opportunity ID", "Opportunity Owner", "Probability (%)",
    "Fiscal Period", "Lead Source", "Account Owner", "Next Step", "Amount (converted)", "IsWon", "IsClosed",
    "AccountId", "ForecastCategory", "Opportunity Owner: Full Name", "Contract Term (Months)",
)  # fmt: skip
"""Headings by which an export is known to be of Salesforce."""

OTHER_OBJECTS = (
    ("subscriptions of CPQ", "salesforce-cpq", ("SBQQ__NetPrice__c", "SBQQ__Account__c")),
    ("opportunity products", "salesforce-lines", ("OpportunityId", "TotalPrice")),
    ("contracts", "salesforce-contracts", ("ContractTerm", "ContractNumber", "AccountId")),
)
"""Objects other than opportunities: what they are, which converter reads them, and their telling columns."""
