"""docs/cost.md says what counts, assumptions and prices come to; what is counted fast is counted again."""

from __future__ import annotations

import re

import pytest

from bench import cost, counts_signals, counts_sweep
from bench.cost_assumptions import Assumptions, described
from bench.cost_bill import bill, options
from bench.cost_counts import load, swept
from bench.cost_page import PAGE, tables, written
from bench.cost_prices import PRICED_ON, PRICES, Price
from bench.cost_usage import usage_of
from bench.counts import measure_follow_up
from bench.counts_units import billed, size_of
from tests.support.moto_aws import TABLE, aws_over_moto, boto3_clients, create_table, no_sockets  # noqa: F401

AGAIN = "run: .venv/bin/python -m bench.cost --measure --write"


def same(stored, now):
    """Counts are equal; bytes and times only nearly: texts and libraries change."""
    assert stored.keys() == now.keys(), AGAIN
    for key, amount in now.items():
        if isinstance(amount, dict):
            same(stored[key], amount)
        elif key.startswith(("bytes.", "milliseconds")):
            assert stored[key] == pytest.approx(amount, rel=0.1, abs=50), f"{key}; {AGAIN}"
        else:
            assert stored[key] == amount, f"{key}; {AGAIN}"


def without_zeros(usage):
    return {key: amount for key, amount in usage.items() if amount}


@pytest.fixture(scope="module")
def counts():
    return load()


def usd(counts, accounts=1_000, **assumed):
    return {(line.service, line.item): line.usd for line in bill(counts, Assumptions(**assumed), accounts)}


def test_the_page_has_the_tables_that_the_script_computes(counts):
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, counts) == page, "run: .venv/bin/python -m bench.cost --write"
    assert f"as known on {PRICED_ON}" in page


def test_every_table_is_on_the_page_and_a_page_without_one_is_refused(counts):
    page = PAGE.read_text(encoding="utf-8")
    for name, table in tables(counts).items():
        assert table in page
        with pytest.raises(ValueError, match=name):
            written(page.replace(f"<!-- table: {name} -->", ""), counts)


def test_the_sum_of_the_page_is_that_of_its_lines(counts):
    page = (PAGE.parent / "reference" / "cost.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"^\| \*\*sum\*\* .*$", page, re.MULTILINE)
    sums = [float(text) for text in re.findall(r"\*\*([\d.]+)\*\*", line)]
    assert sums == [round(sum(usd(counts, size).values()), 2) for size in (100, 1_000, 10_000)]


def test_signals_use_what_was_counted(counts):
    now = counts_signals.measure()
    names = sorted({name for situation in now.values() for name in situation.pop("metrics")})
    same(counts["signals"], now)
    assert counts["metrics"]["reconcile"] == names, AGAIN


def test_a_sweep_of_a_hundred_accounts_uses_what_was_counted(counts):
    usage, metrics = counts_sweep.swept(100)
    same(without_zeros(counts["sweeps"]["100"]), without_zeros(usage))
    assert counts["metrics"]["sweep"] == sorted(metrics), AGAIN


def test_a_check_of_the_pause_uses_what_was_counted_and_is_in_the_bill(counts):
    same(counts["follow_up"], measure_follow_up())
    usual, without = usd(counts), usd(counts, follow_ups=0)
    assert {line for line, cost in usual.items() if cost > without[line]} >= {
        ("EventBridge", "starts by Scheduler"),
        ("Step Functions", "state transitions"),
        ("Lambda", "requests"),
        ("Lambda", "GB-seconds, arm64"),
        ("DynamoDB", "read units, all consistent"),
        ("X-Ray", "traces"),
    }


def test_a_sweep_grows_with_its_accounts_and_changes_cost_what_their_records_do(counts):
    sweeps = counts["sweeps"]
    assert sweeps["10000"]["account.calls"] >= 3 * (10_000 - 4)
    # The quota: ten reads a second.
    assert sweeps["10000"]["milliseconds.sweep"] >= 100 * sweeps["10000"]["account.calls"]
    assert counts["change"]["s3.put"] >= 2
    assert counts["change"]["invocations.reconcile"] == 1


def test_between_two_measured_sizes_and_beyond_them_is_the_line_through_them():
    sweeps = {"100": {"a": 10, "b": 1}, "1000": {"a": 100}, "10000": {"a": 100, "b": 18}}
    assert swept(sweeps, 100) == {"a": 10, "b": 1}
    assert swept(sweeps, 550) == {"a": 55, "b": 0.5}
    assert swept(sweeps, 10_000) == {"a": 100, "b": 18}
    assert swept(sweeps, 19_000) == {"a": 100, "b": 36}
    assert swept(sweeps, 10)["a"] == pytest.approx(1)


def test_assumptions_change_the_lines_that_they_are_about(counts):
    usual = usd(counts)
    once, seven = (usd(counts, sweeps=times, follow_ups=0) for times in (1, 7))
    assert once["Step Functions", "state transitions"] < seven["Step Functions", "state transitions"] / 3
    weekly = usd(counts, sweeps=30.4 / 7)
    assert weekly["SQS", "polls of empty queues"] == usual["SQS", "polls of empty queues"]
    stormy = usd(counts, drifted=10)
    for line in (("SNS", "mails"), ("DynamoDB", "write units, transactions twice"), ("S3", "ledger, GB")):
        assert stormy[line] > 90 * usual[line]
    assert usd(counts, addresses=4)["SNS", "mails"] == 2 * usual["SNS", "mails"]


def test_what_is_paid_by_the_month_does_not_depend_on_accounts(counts):
    for line in (("KMS", "key of the topic, first year"), ("CloudWatch", "alarm metrics")):
        assert usd(counts, 100)[line] == usd(counts, 10_000)[line] > 0


def test_an_organization_in_which_nothing_happens_uses_nothing(counts):
    nothing = {name: 0.0 for name, _, _ in described()}
    assert not any(usage_of(counts, Assumptions(**nothing), 1_000).values())


def test_a_storm_of_ten_thousand_edits_costs_what_the_page_says(counts):
    quiet, storm = usd(counts, 10_000, drifted=0), usd(counts, 10_000, drifted=1)
    assert 0.5 < sum(storm.values()) - sum(quiet.values()) < 2


def test_every_price_has_a_page_of_aws_and_is_used_by_a_line(counts):
    assert all(
        re.fullmatch(r"https://aws\.amazon\.com/[a-z0-9-]+/pricing/", one.page) for one in PRICES.values()
    )
    used = {line.price for line in bill(counts, Assumptions(), 1_000)} | {line.price for line in options()}
    assert used | {"cloudtrail.copy", "guardduty"} == set(PRICES)
    assert Price(usd=0.625, per=1_000_000, unit="", page="").of(2_000_000) == 1.25


def test_the_script_prints_the_bill_of_any_organization(counts, capsys):
    assert cost.main(["--accounts", "2500", "--drifted", "0.2"]) == 0
    total = sum(usd(counts, 2_500, drifted=0.2).values())
    assert f"{total:.2f}" in capsys.readouterr().out


def key(name):
    return {"pk": {"S": name}, "sk": {"S": "x"}}


def test_units_are_billed_by_the_size_of_items_and_twice_in_a_transaction(aws):
    dynamodb = aws["dynamodb"]
    create_table(dynamodb)

    def units(operation, method, **parameters):
        given = {"TableName": TABLE, **parameters} if operation != "TransactWriteItems" else parameters
        return billed(dynamodb, operation, given, lambda: getattr(dynamodb, method)(**given))[1]

    large = key("large") | {"text": {"S": "x" * 2_500}}
    assert size_of(large) == 2_500 + len("large") + len("x") + len("pksktext")
    assert units("PutItem", "put_item", Item=key("small")) == {"write": 1}
    assert units("PutItem", "put_item", Item=large) == {"write": 3}
    assert units("GetItem", "get_item", Key=key("large"), ConsistentRead=True) == {"read": 1}
    assert units("GetItem", "get_item", Key=key("none"), ConsistentRead=True) == {"read": 1}
    put = {"Put": {"TableName": TABLE, "Item": large}}
    check = {
        "ConditionCheck": {
            "TableName": TABLE,
            "Key": key("small"),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    assert units("TransactWriteItems", "transact_write_items", TransactItems=[put, check]) == {"write": 8}
    assert units("PutItem", "put_item", Item=key("huge") | {"text": {"S": "x" * 9_000}}) == {"write": 9}
    assert units("GetItem", "get_item", Key=key("huge"), ConsistentRead=True) == {"read": 3}
    asked = {TABLE: {"Keys": [key("huge"), key("small"), key("none")], "ConsistentRead": True}}
    both = billed(
        dynamodb, "BatchGetItem", {"RequestItems": asked}, lambda: dynamodb.batch_get_item(RequestItems=asked)
    )
    assert both[1] == {"read": 3 + 1 + 1}
    assert units("Scan", "scan") == {"read": 3}
    # What is deleted is billed by what was there.
    assert units("DeleteItem", "delete_item", Key=key("huge")) == {"write": 9}
    with pytest.raises(NotImplementedError):
        billed(dynamodb, "BatchWriteItem", {}, dict)
