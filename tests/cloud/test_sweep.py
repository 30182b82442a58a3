"""Whole sweeps through the deployed hub: held, approved, applied, paused half-way, and cut off by a crash.

The tests go on from one another: each takes what the one before left.
"""

import json
import time
from dataclasses import replace

import pytest

from localcloud.story.seeds import count_differing, give_contacts
from localcloud.story.shell import build_environment
from localcloud.story.sweeps import HubSweeps
from localcloud.story.terminal import CONFIG, Terminal
from rollcall.model.roster import compute_digest
from rollcall.model.well_known import OPERATOR_ROLE_NAME
from rollcall.sweep.apply import BATCH_CHANGES, IN_FLIGHT
from simulation.seeds import HUB
from tests.cloud.tools import alerts, outlive_workers, run_here, wait_for
from tests.support.reports import fetches
from tests.support.state_table import WholeStateTable

pytestmark = pytest.mark.cloud
FLEET = 9  # accounts with three contacts each: more than one batch of changes
WRITERS = ("rollcall-reconcile", "rollcall-management-contacts")


class Hub:
    """The deployed hub as these tests act on it and look at it."""

    def __init__(self, cloud, outputs, roster):
        self.cloud, self.outputs, self.roster = cloud, outputs, roster
        self.organization = cloud.simulation.organization
        self.sweeps = HubSweeps(cloud, outputs)
        self.state = WholeStateTable(
            client=cloud.clients.client("dynamodb", HUB), table=outputs["StateTableName"]
        )
        self.writes = []
        self.acts = []  # what is done once, after so many writes: (count, act)

    def written(self, caller, parameters):
        if caller.principal_arn.rpartition("/")[2] in WRITERS:
            self.writes.append((parameters.get("AccountId"), parameters["AlternateContactType"]))
            for entry in [entry for entry in self.acts if len(self.writes) >= entry[0]]:
                self.acts.remove(entry)
                entry[1]()

    def differ(self):
        return count_differing(self.organization, self.roster)

    def drift(self, *accounts, kinds=("SECURITY", "OPERATIONS", "BILLING")):
        """Change contacts where nobody sees it: no event, as if one was lost."""
        self.writes.clear()
        for account in accounts:
            contacts = self.organization.accounts[account].contacts
            for kind in kinds:
                contacts[kind] = replace(contacts[kind], email="somebody@example.net")

    def mails(self, cause):
        return [m for m in alerts(self.cloud) if m["attributes"]["cause"] == cause]

    def object(self, key):
        s3 = self.cloud.clients.client("s3", HUB)
        return s3.get_object(Bucket=self.outputs["ReportsBucketName"], Key=key)["Body"].read()

    def function(self, name):
        """The physical name of a function of the hub."""
        functions = self.cloud.clients.client("lambda", HUB).list_functions()["Functions"]
        (found,) = [f for f in functions if f["Handler"] == f"{name}.handler.handler"]
        return found["FunctionName"]

    def forget_everything(self):
        """As a hub that was deployed a moment ago.

        Messages of other tests may wait in the queue, each to be tried again after minutes: what they write
        then would be taken for writes of a sweep.
        """
        wait_for(self.sweeps.list_known)  # the deployment starts one
        self.sweeps.wait_until_idle()
        self.cloud.clients.client("sqs", HUB).purge_queue(QueueUrl=self.outputs["IntakeQueueUrl"])
        self.cloud.functions.kill(self.function("reconcile"))
        dynamodb, table = self.cloud.clients.client("dynamodb", HUB), self.outputs["StateTableName"]
        for item in dynamodb.scan(TableName=table, ProjectionExpression="pk, sk")["Items"]:
            dynamodb.delete_item(TableName=table, Key=item)

    def expire_pause(self):
        """As if its time had come."""
        self.cloud.clients.client("dynamodb", HUB).update_item(
            TableName=self.outputs["StateTableName"],
            Key={"pk": {"S": "control"}, "sk": {"S": "control"}},
            ConditionExpression="paused = :yes",
            UpdateExpression="SET paused_until = :then",
            ExpressionAttributeValues={":yes": {"BOOL": True}, ":then": {"N": str(int(time.time()) - 1)}},
        )


@pytest.fixture(scope="module")
def fleet(cloud):
    """Ids of accounts that are there for these tests only."""
    organization = cloud.simulation.organization
    made = [
        organization.add_account(name=f"Fleet {number}", email=f"fleet-{number}@example.com").id
        for number in range(FLEET)
    ]
    yield made
    for account in made:
        organization.dismiss(account)


@pytest.fixture(scope="module")
def hub(cloud, deployed, assembly, fleet):
    assert fleet
    (candidate,) = assembly.glob("asset.*/candidate.json")
    made = Hub(cloud, deployed["RollcallHub"], json.loads(candidate.read_text()))
    made.forget_everything()
    give_contacts(made.organization, made.roster)
    stop = cloud.apis.add_hook("account", "PutAlternateContact", made.written)
    yield made
    stop()


def test_the_first_roster_is_held_although_nothing_would_change(hub):
    run = hub.sweeps.run_schedule()
    assert (run["ending"], len(run["pending"]), run["failed"]) == ("pending-approval", 1, {})
    wait_for(lambda: run["pending"][0] in "".join(mail["message"] for mail in hub.mails("sweep-held")))
    done = hub.sweeps.approve(run["pending"][0])
    assert (done["ending"], done["trigger"], done["approved"]) == ("finished", "approval", run["roster"])
    assert hub.writes == []


def test_what_drifted_without_an_event_is_found_told_and_put_right(hub, fleet):
    hub.drift(*fleet[:2])
    told = len(hub.mails("sweep-drift"))
    run = hub.sweeps.run_schedule()
    assert (run["ending"], run["pending"], run["failed"]) == ("finished", [], {})
    assert sorted(hub.writes) == sorted(
        (a, k) for a in fleet[:2] for k in ("SECURITY", "OPERATIONS", "BILLING")
    )
    assert hub.differ() == 0
    wait_for(lambda: len(hub.mails("sweep-drift")) == told + 1)
    report = json.loads(hub.object("reports/latest.json"))
    assert report["run"]["run"] == run["id"]
    assert [len(report[part]) for part in ("changes", "drift")] == [6, 6]
    assert {change["status"] for change in report["changes"]} == {"set"}


def test_a_pause_in_the_middle_stops_the_run_within_a_batch(hub, fleet):
    hub.drift(*fleet)
    paused_after = []

    def pause():
        hub.sweeps.command("pause")
        paused_after.append(len(hub.writes))

    hub.acts.append((3, pause))
    run = hub.sweeps.run_schedule()
    assert run["ending"] == "paused"
    assert len(hub.writes) - paused_after[0] <= IN_FLIGHT
    assert 3 <= len(hub.writes) <= BATCH_CHANGES < 3 * FLEET
    assert hub.differ() == 3 * FLEET - len(hub.writes)
    assert hub.sweeps.run_schedule()["ending"] == "paused"
    assert hub.differ() == 3 * FLEET - len(hub.writes)


def test_after_the_pause_the_next_sweep_finishes_what_was_begun(hub):
    hub.sweeps.command("unpause")
    run = hub.sweeps.run_schedule()
    assert (run["ending"], run["pending"]) == ("finished", [])
    assert hub.differ() == 0
    assert len(hub.writes) == len(set(hub.writes)) == 3 * FLEET


def test_a_pause_ends_by_itself_and_its_end_is_alerted(hub, fleet):
    hub.sweeps.command("pause")
    assert hub.sweeps.check_pause() == {"done": True, "pause": None}
    hub.drift(fleet[0])
    assert hub.sweeps.run_schedule()["ending"] == "paused"
    told = len(hub.mails("paused"))
    hub.expire_pause()
    assert hub.sweeps.check_pause() == {"done": True, "pause": "ended"}
    wait_for(lambda: len(hub.mails("paused")) == told + 1)
    assert hub.mails("paused")[-1]["attributes"]["stage"] == "closed"
    assert hub.sweeps.check_pause() == {"done": True, "pause": None}
    assert hub.sweeps.run_schedule()["ending"] == "finished"
    assert hub.differ() == 0


def test_a_worker_that_dies_in_the_middle_is_followed_by_one_that_finishes(hub, fleet):
    hub.drift(*fleet[:3])
    apply = hub.function("apply")

    def die():
        hub.cloud.functions.kill(apply)
        outlive_workers(hub.state, of=lambda record: record.account_id in fleet)

    hub.acts.append((4, die))
    run = hub.sweeps.run_schedule()
    assert (run["ending"], run["failed"]) == ("finished", {})
    assert hub.differ() == 0
    assert set(hub.writes) == {(a, k) for a in fleet[:3] for k in ("SECURITY", "OPERATIONS", "BILLING")}
    intents = hub.cloud.clients.client("dynamodb", HUB).scan(TableName=hub.outputs["StateTableName"])["Items"]
    assert not [item for item in intents if item["pk"]["S"].startswith("intent#")]


def test_a_command_that_makes_no_sense_is_refused_in_words(hub):
    with pytest.raises(Exception, match="no plan with this digest is pending approval"):
        hub.sweeps.command("approve", plan="0" * 64)


def test_an_operator_sweeps_and_looks_from_a_terminal(hub, tmp_path):
    def say(*command):
        environment = build_environment(
            hub.cloud.clients, home=tmp_path, account=HUB, role=OPERATOR_ROLE_NAME
        )
        result = run_here(environment, *command, "--config", str(CONFIG))
        assert result.exit_code == 0, result.output
        return result.output

    known = hub.sweeps.list_known()
    said = say("sweep", "--follow")
    run = hub.sweeps.wait_for_run(known)
    assert run["trigger"] == "operator"
    assert f":assumed-role/{OPERATOR_ROLE_NAME}/" in run["by"]
    assert f"Run {run['id']}" in said
    assert run["id"] in say("status")


def test_the_page_that_the_demo_leaves_is_whole_and_of_the_last_sweep(hub, tmp_path):
    terminal = Terminal(clients=hub.cloud.clients, work=tmp_path / "work", show=lambda _: None)
    run = json.loads(hub.object("reports/latest.json"))["run"]
    page = terminal.fetch_report(tmp_path)
    assert page == tmp_path / "report.html"
    text = page.read_text()
    assert fetches(text) == []
    assert f"contacts of {len(hub.organization.accounts)} accounts" in text
    assert run["run"] in text
    assert f"<code>{compute_digest(hub.roster)[:12]}</code> approved" in text
    for name in ("Payments", "Web Shop", "Divested", "Workloads/Production"):
        assert name in text
    for contact in hub.roster["contacts"].values():
        assert (contact.get("email") or contact["address_line1"]) in text
