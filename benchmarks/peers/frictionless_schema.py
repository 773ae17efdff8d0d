"""The rules as a frictionless Table Schema with row checks; every error is listed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from frictionless import Check, Checklist, Resource, Schema, checks, errors

schema = Schema.from_descriptor(
    {
        "fields": [
            {"name": "Account name", "type": "string", "constraints": {"required": True}},
            {"name": "Revenue amount", "type": "integer", "constraints": {"required": True}},
            {"name": "Revenue start date", "type": "date", "constraints": {"required": True}},
            {"name": "Revenue end date", "type": "date", "constraints": {"required": True}},
            {
                "name": "Revenue type",
                "type": "string",
                "constraints": {"enum": ["ARR", "MRR", "One Time", "Other"], "required": True},
            },
            {"name": "Description", "type": "string"},
        ]
    }
)


class EndAfterStart(Check):
    """Its own row constraints name fields by identifiers, and these headings hold spaces."""

    Errors: ClassVar = [errors.RowConstraintError]

    def validate_row(self, row):
        start, end = row["Revenue start date"], row["Revenue end date"]
        if start and end and end < start:
            yield errors.RowConstraintError.from_row(row, note="the end is before the start")


checklist = Checklist(checks=[checks.duplicate_row(), EndAfterStart()])


def main() -> None:
    path = Path(sys.argv[1])
    resource = Resource(path=path.name, basepath=str(path.parent), schema=schema)
    report = resource.validate(checklist, limit_errors=100_000_000)
    print(sum(task.stats["errors"] for task in report.tasks))


# It starts processes of its own for some resources: without the guard the work is done twice.
if __name__ == "__main__":
    main()
