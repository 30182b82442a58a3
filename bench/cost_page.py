"""The tables of docs/cost.md, each between its markers, and those of docs/reference/cost.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.cost_assumptions import Assumptions, described
from bench.cost_bill import bill, options
from bench.cost_prices import PRICES
from rollcall_config.sweep_events import count_sweeps, count_trail_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cost.md"
SIZES = (100, 1_000, 10_000)
_SITUATIONS = {
    "compliant": "one signal, contact right",
    "drifted": "one contact changed and restored",
    "new_account": "one new account, three contacts set",
}
_COUNTED = {
    "invocations": "invocations",
    "account": "calls of the Account API",
    "dynamodb.read": "DynamoDB read units",
    "dynamodb.write": "DynamoDB write units",
    "s3.put": "S3 PUT, LIST",
    "s3.get": "S3 GET",
    "events": "events",
    "sqs": "SQS requests",
    "transitions": "state transitions",
}


def written(page: str, counts: Mapping[str, Any]) -> str:
    """The page with its tables computed anew; ValueError if one has no place in it."""
    for name, table in tables(counts).items():
        begin, end = f"<!-- table: {name} -->\n", f"<!-- end: {name} -->\n"
        pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
        if len(pattern.findall(page)) != 1:
            raise ValueError(f"docs/cost.md needs one pair of markers for {name}")
        page = pattern.sub(lambda _, text=begin + table + end: text, page)  # type: ignore[misc]  # a constant
    return page


def tables(counts: Mapping[str, Any]) -> dict[str, str]:
    """The tables of docs/cost.md by name, in Markdown."""
    return {"sums": _sums(counts)}


def reference_tables(counts: Mapping[str, Any]) -> dict[str, str]:
    """The bill and what it is computed from, by name, in Markdown."""
    return {
        "bill": _bill(counts),
        "options": _options(),
        "counts": _counts(counts),
        "sweeps": _sweeps(counts),
        "trail": _trail(counts),
        "assumptions": _assumptions(),
        "prices": _prices(),
    }


def _sums(counts: Mapping[str, Any]) -> str:
    usd = [sum(line.usd for line in bill(counts, Assumptions(), accounts)) for accounts in SIZES]
    told = [f"{sum_:.2f} with {accounts:,}" for accounts, sum_ in zip(SIZES, usd, strict=True)]
    return f"**US dollars a month: {', '.join(told)} accounts.**\n"


def _bill(counts: Mapping[str, Any]) -> str:
    bills = [bill(counts, Assumptions(), accounts) for accounts in SIZES]
    rows = [
        [lines[0].service, lines[0].item, _amount(lines[1].quantity), *(_usd(line.usd) for line in lines)]
        for lines in zip(*bills, strict=True)
    ]
    total = [f"**{sum(line.usd for line in lines):.2f}**" for lines in bills]
    heads = [f"{accounts:,} accounts" for accounts in SIZES]
    return _table(
        ["service", "item", "quantity with 1,000 accounts", *heads],
        [*rows, ["**sum**", "", "", *total]],
        right_from=2,
    )


def _options() -> str:
    rows = [[line.service, line.item, f"{line.usd:.2f}"] for line in options()]
    return _table(["service", "item", "US dollars a month"], rows, right_from=2)


def _counts(counts: Mapping[str, Any]) -> str:
    signals = counts["signals"]
    rows = [[words, *_counted(signals[name])] for name, words in _SITUATIONS.items()]
    alert = {"usage": signals["drifted"]["alert"], "calls": {}}
    rows.append(["one alert", *_counted(alert)])
    keys = [key for key in _COUNTED if key not in ("s3.get", "transitions")]
    return _table(["", *(_COUNTED[key] for key in keys)], rows, right_from=1)


def _counted(situation: Mapping[str, Any]) -> list[str]:
    usage: Mapping[str, int] = situation["usage"]
    invocations = sum(amount for key, amount in usage.items() if key.startswith("invocations."))
    calls = [item for by_function in situation["calls"].values() for item in by_function.items()]
    account = sum(times for name, times in calls if name.startswith("account:"))
    rest = [usage.get(key, 0) for key in ("dynamodb.read", "dynamodb.write", "s3.put", "events", "sqs")]
    return [str(number) for number in (invocations, account, *rest)]


def _sweeps(counts: Mapping[str, Any]) -> str:
    rows = []
    for accounts in SIZES:
        usage = counts["sweeps"][str(accounts)]
        row = [
            f"{accounts:,}",
            f"{(usage['milliseconds.sweep'] + usage['milliseconds.apply']) / 60_000:.1f}",
            str(usage["invocations.sweep"] + usage["invocations.apply"]),
        ]
        keys = ("transitions", "account.calls", "organizations.calls", "dynamodb.read", "dynamodb.write")
        row += [f"{usage[key]:,}" for key in (*keys, "s3.put", "s3.get")]
        rows.append([*row, f"{usage['bytes.reports'] / 10**6:.1f}"])
    heads = ["accounts", "minutes", "invocations", "transitions", "Account API", "AWS Organizations"]
    heads += ["read units", "write units", "S3 PUT, LIST", "S3 GET", "MB of report"]
    return _table(heads, rows, right_from=0)


def _trail(counts: Mapping[str, Any]) -> str:
    """Events of a month with 1,000 accounts, from the calls of a sweep and its schedule."""
    accounts = 1_000
    usage = counts["sweeps"][str(accounts)]
    # The contacts of a month's drift are read again: some twenty of 3,000.
    kinds = round(usage["account.calls"] / accounts)
    rows = []
    for schedule in ("rate(1 day)", "rate(1 hour)", "rate(15 minutes)"):
        sweeps = count_sweeps(schedule)
        for reader in (False, True):
            events = accounts * count_trail_events(kinds=kinds, sweeps=sweeps, reader=reader)
            events += sweeps * usage["organizations.calls"]
            prices = (PRICES[name].of(events) for name in ("cloudtrail.copy", "guardduty"))
            amounts = [f"{amount:,.2f}" for amount in prices]
            rows.append([f"`{schedule}`", "on" if reader else "off", f"{events:,.0f}", *amounts])
    heads = ["sweep.schedule", "members.reader", "read events a month", "a further trail", "GuardDuty"]
    return _table(heads, rows, right_from=2)


def _assumptions() -> str:
    rows = [[f"`--{name.replace('_', '-')}`", f"{value:g}", words] for name, value, words in described()]
    return _table(["option", "value", "what"], rows, right_from=9)


def _prices() -> str:
    rows = [[f"{price.usd:g}", f"{price.per:,}", price.unit, f"<{price.page}>"] for price in PRICES.values()]
    return _table(["US dollars", "for", "of", "AWS's page"], rows, right_from=9)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, right_from: int) -> str:
    rule = ["---:" if column >= right_from else "---" for column in range(len(heads))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (heads, rule, *rows))


def _usd(amount: float) -> str:
    return "< 0.01" if 0 < amount < 0.005 else f"{amount:.2f}"  # noqa: PLR2004  # half a cent


def _amount(quantity: float) -> str:
    if 0 < quantity < 0.001:  # noqa: PLR2004  # what three digits can show
        return "< 0.001"
    return f"{quantity:,.0f}" if quantity >= 100 else f"{quantity:.3g}"  # noqa: PLR2004  # three digits
