"""`rollcall drill` against the deployed hub: it passes, and names the step that failed."""

import json
import os
import signal
import stat
import subprocess
import sys
from contextlib import chdir, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from localcloud.story.cdk import ROOT
from localcloud.story.seeds import give_contacts
from localcloud.story.shell import build_environment
from rollcall.adapters.organizations import AwsOrganization
from rollcall.adapters.state.rosters import MatchTable
from rollcall.contact.repeated_edits import RepeatedEdits
from rollcall.control.pauses import Pause, PauseStage
from rollcall.model.contact import ContactKind
from rollcall.model.well_known import OPERATOR_ROLE_NAME
from rollcall.rosters.current import approve_candidate
from tests.cloud.tools import alerts, forget, run_here, wait_for
from tests.support.state_table import WholeStateTable

pytestmark = pytest.mark.cloud
HUB, MEMBER, MANAGEMENT = "333333333333", "222222222222", "111111111111"
COMMAND = "from rollcall_cli.main import main; main()"
#: What never comes is not awaited for long.
SOON = "8s"


class Drills:
    """Runs the command as an operator of the hub, with edits of an administrator."""

    def __init__(self, cloud, outputs, roster, work):
        self.cloud, self.outputs, self.work = cloud, outputs, work
        self.state = WholeStateTable(client=self.client("dynamodb"), table=outputs["StateTableName"])
        contacts = {kind: roster["contacts"][name] for kind, name in roster["defaults"].items()}
        self.right = {kind: contact["email"] for kind, contact in contacts.items() if kind != "PRIMARY"}
        profiles = {
            "operator": cloud.clients.get_credentials(HUB, role=OPERATOR_ROLE_NAME, session="operator"),
            "member": cloud.clients.get_credentials(MEMBER, session="drill"),
            "central": cloud.clients.get_credentials(HUB, session="drill"),
        }
        lines = [
            line
            for name, keys in profiles.items()
            for line in (
                f"[{name}]",
                *(f"{key.lower()}={value}" for key, value in keys.to_environment().items()),
            )
        ]
        (work / "credentials").write_text("\n".join(lines))

    def client(self, service, account=HUB):
        return self.cloud.clients.client(service, account)

    def build_command(self, *arguments, profile="member"):
        """Its arguments and its environment."""
        command = ["drill", *arguments, "--profile", "operator", "--edit-profile", profile]
        return command, {
            **build_environment(self.cloud.clients, home=self.work),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.work / "credentials"),
            "ROLLCALL_CONFIG": str(ROOT / "localcloud/config"),
        }

    def start(self, *arguments):
        """A process of its own, which can be interrupted."""
        command, environment = self.build_command(*arguments)
        return subprocess.Popen(  # noqa: S603 -- this interpreter with our own arguments
            [sys.executable, "-c", COMMAND, *command],
            cwd=self.work,
            env={**environment, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'lambdas'}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments, **more):
        """Exit status, standard output and error."""
        command, environment = self.build_command(*arguments, **more)
        with chdir(self.work):
            result = run_here(environment, *command)
        return result.exit_code, result.stdout, result.stderr

    def drill(self, *arguments, wait="90s", **more):
        """The result as JSON of a drill that ended; everything is as before."""
        status, out, error = self.run(MEMBER, "--json", "--wait", wait, *arguments, **more)
        assert out, error
        found = json.loads(out)
        assert status == (0 if found["passed"] else 2)
        assert self.emails() == self.right
        assert self.files() == []
        return found

    def forget_repeated(self):
        for kind in ContactKind:
            record = self.state.load(MEMBER, kind)
            assert self.state.save(replace(record, repeated=RepeatedEdits()), at=datetime.now(UTC))

    def list_queues(self):
        """Those of `reconcile`."""
        urls = self.client("sqs").list_queues(QueueNamePrefix="RollcallHub-Intake")["QueueUrls"]
        return [url for url in urls if "DeadLetter" not in url]

    def forget_messages(self):
        """Those of tests before, which change contacts without an event: they are awaited for 15 minutes."""
        for url in self.list_queues():
            forget(url)

    def is_idle(self):
        """Whether nothing waits in a queue of `reconcile`."""
        sqs, names = (
            self.client("sqs"),
            ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        found = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
            for url in self.list_queues()
        ]
        return not any(int(count) for counts in found for count in counts.values())

    def emails(self):
        found = self.cloud.simulation.organization.accounts[MEMBER].contacts
        return {kind: contact.email for kind, contact in found.items()}

    def files(self):
        return list(self.work.glob("rollcall-drill-*"))

    @contextmanager
    def without_forwarder(self):
        events = self.client("events", MEMBER)
        bus = f"arn:aws:events:us-east-1:{HUB}:event-bus/rollcall-intake"
        (name,) = events.list_rule_names_by_target(TargetArn=bus)["RuleNames"]
        events.disable_rule(Name=name)
        yield name
        events.enable_rule(Name=name)

    @contextmanager
    def without_channel(self):
        functions = self.client("lambda")
        (mapping,) = [
            one
            for one in functions.list_event_source_mappings()["EventSourceMappings"]
            if ":RollcallHub-ChannelsNotifyQueue" in one["EventSourceArn"]
        ]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    @contextmanager
    def paused(self):
        now, known = datetime.now(UTC), self.state.load_pause()
        texts = dict.fromkeys(("by", "user_id", "execution", "reason", "incident"), f"drill {now}")
        pause = Pause(
            stage=PauseStage.BEGUN,
            started_at=now,
            until=now + timedelta(hours=1),
            alerted_at=now,
            update=0,
            **texts,
        )
        assert self.state.save_pause(pause, before=known)
        yield
        assert self.state.save_pause(replace(pause, stage=PauseStage.UNPAUSED, update=1), before=pause)


@pytest.fixture(scope="module")
def drills(cloud, deployed, assembly, tmp_path_factory):
    (candidate,) = assembly.glob("asset.*/candidate.json")
    roster = json.loads(candidate.read_text())
    made = Drills(cloud, deployed["RollcallHub"], roster, tmp_path_factory.mktemp("drills"))
    approve_candidate(
        memory=made.state,
        matches=MatchTable(client=made.client("dynamodb"), table=made.outputs["StateTableName"]),
        organization=AwsOrganization(client=made.client("organizations")),
        document=roster,
        approved_by="tests",
        now=datetime.now(UTC),
        before=made.state.get_enforcement().approved,  # tests before may have approved it
    )
    give_contacts(cloud.simulation.organization, roster)
    made.forget_messages()
    return made


@pytest.fixture(autouse=True)
def no_repeated_edits(drills):
    """So many drills of one contact in an hour would be repeated edits, also for tests after these."""
    drills.forget_repeated()
    yield
    wait_for(drills.is_idle)
    drills.forget_repeated()


def list_states(found):
    return [{step["step"]: step["state"] for step in edit["steps"]} for edit in found["edits"]]


def test_a_drill_shows_each_step_and_its_alerts_say_so(drills):
    before = len(alerts(drills.cloud))
    found = drills.drill()
    steps = ("edit", "CloudTrail", "queue", "restored", "alert on sns", "alert on slack", "ledger")
    assert list_states(found) == [dict.fromkeys(steps, "passed")] * 2
    assert (found["failed"], found["restored_by_drill"]) == (None, [])
    assert [(edit["kind"], edit["change"]) for edit in found["edits"]] == [
        ("SECURITY", "edited"),
        ("BILLING", "deleted"),
    ]
    # Others may be late ones of tests before this one.
    incidents = {edit["incident_id"] for edit in found["edits"]}
    mails = [mail for mail in alerts(drills.cloud)[before:] if mail["attributes"]["incident"] in incidents]
    assert len(mails) == len(incidents) == 2
    assert all("] Resolved: Drill: " in mail["subject"] for mail in mails)
    seen = {one["question"]: one["observed"] for one in found["questions"]}
    assert seen["spelling of the keys in requestParameters of an edit"] == "camelCase"
    assert seen["record of a central write in the account that it changes"] == "unknown"
    assert list(seen.values()).count("unknown") == 3
    text = json.dumps(found)
    assert not any(value in text for value in ("@", "drill@", "+1 206", "session/", "assumed-role"))


def test_a_central_drill_passes_from_the_hub(drills):
    found = drills.drill("--central", profile="central")
    assert (found["passed"], found["central"]) == (True, True)
    seen = {one["question"]: one["observed"] for one in found["questions"]}
    assert seen["target account in requestParameters of an edit"] == "present"


def test_a_dead_channel_is_named(drills):
    with drills.without_channel():
        found = drills.drill(wait="20s")
    assert found["failed"]["step"] == "alert on sns"
    (edited, deleted) = list_states(found)
    assert edited == deleted
    assert [step for step, state in edited.items() if state != "passed"] == ["alert on sns"]


def test_a_pause_is_named_and_the_drill_restores_the_contacts(drills):
    with drills.paused():
        found = drills.drill()
        assert found["failed"]["step"] == "restored"
        assert "writes are paused until" in found["failed"]["reason"]
        assert found["failed"]["fix"] == "`rollcall unpause`"
        assert sorted(found["restored_by_drill"]) == ["BILLING", "SECURITY"]
        assert list_states(found)[0]["ledger"] == "skipped"


def test_a_stopped_trail_is_named(drills):
    trails = drills.client("cloudtrail", MANAGEMENT)
    trails.stop_logging(Name="organization")
    found = drills.drill(wait=SOON)
    trails.start_logging(Name="organization")
    assert found["failed"]["step"] == "queue"
    assert found["failed"]["reason"].endswith(" is not logging")
    assert "start-logging" in found["failed"]["fix"]


def test_a_disabled_forwarder_is_named_and_an_interrupted_drill_can_be_undone(drills):
    with drills.without_forwarder() as rule:
        found = drills.drill(wait=SOON)
        assert found["failed"] == {
            "step": "queue",
            "reason": f"the rule {rule} is disabled",
            "fix": f"`aws events enable-rule --name {rule}`",
        }
        process = drills.start(MEMBER)
        wait_for(lambda: "BILLING" not in drills.emails())
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
        assert process.returncode == 130, error
        (file,) = drills.files()
        assert f"rollcall drill --restore {file.name}" in error
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        status, out, error = drills.run("--restore", file.name)
        assert status == 0, error
        assert "Restored the SECURITY contact" in out
    assert drills.emails() == drills.right
    assert drills.files() == []
