"""`make local` and `make local-env`: a process of its own, and the AWS CLI as in another terminal."""

import contextlib
import fcntl
import io
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud import local_env
from localcloud.cloud.clients import AccountClients
from localcloud.running import AlreadyRunningError, DirectoryClaim, NotReadyError, find_running
from localcloud.story.seeds import make_whole_organization
from localcloud.story.shell import run_rollcall
from localcloud.story.terminal import CONFIG
from rollcall.model.well_known import OPERATOR_ROLE_NAME
from simulation.clock import SystemClock
from simulation.seeds import STANDALONE
from tests.cloud.tools import python_module, run, run_here, unique, wait_for

pytestmark = pytest.mark.cloud
MANAGEMENT, HUB = "111111111111", "333333333333"
PAYMENTS, WEB_SHOP, DIVESTED = "222222222222", "444455556666", "555566667777"
PLAYGROUND, CHECKOUT, REPORTING = "666677778888", "121212121212", "131313131313"
DEFAULTS = {
    "SECURITY": "aws-soc@example.com",
    "OPERATIONS": "aws-platform@example.com",
    "BILLING": "aws-billing@example.com",
}
CONTACT = {
    "Name": "Mary",
    "Title": "Developer",
    "EmailAddress": "mary@example.net",
    "PhoneNumber": "+1 206 555 0199",
}
EDIT = ["--alternate-contact-type", "SECURITY", "--name", "Mary", "--title", "Developer"]
EDIT += ["--email-address", "mary@example.net", "--phone-number", "+1 206 555 0199"]


class Terminal:
    """Another terminal: `eval "$(make -s local-env ...)"`, then the AWS CLI."""

    def __init__(self, out):
        self.out = out
        self._environments = {}
        self.state = wait_for(self._ready, seconds=600)
        self._management = AccountClients(self.state.endpoint).client("account", MANAGEMENT)

    def _ready(self):
        try:
            return find_running(self.out)
        except NotReadyError:
            time.sleep(0.3)
            return None

    def environment(self, account, role="Administrator"):
        """What a shell with a profile of its own has after the eval."""
        if (account, role) not in self._environments:
            options = ["--out", str(self.out), "--account", account, "--role", role]
            if self._environments:  # a process takes a second: the first shows that it is one
                with contextlib.redirect_stdout(io.StringIO()) as printed:
                    assert local_env.main(options) == 0
                lines = printed.getvalue()
            else:
                lines = python_module("localcloud.local_env", *options).stdout
            ours = {"PATH": os.environ["PATH"], "HOME": str(self.out), "AWS_PROFILE": "production"}
            shell = run(["bash", "-c", f"eval {shlex.quote(lines)}; env -0"], env=ours).stdout
            pairs = dict(pair.split("=", 1) for pair in shell.split("\0") if "=" in pair)
            self._environments[account, role] = pairs
        return self._environments[account, role]

    def aws(self, account, *arguments):
        """Runs the CLI."""
        command = [str(Path(sys.executable).with_name("aws")), *arguments]
        run(command, env=self.environment(account))

    def client(self, service, account, **options):
        """A boto3 client with the same variables: it is faster than the CLI."""
        own = self.environment(account, **options)
        return boto3.client(
            service,
            region_name=own["AWS_REGION"],
            endpoint_url=own["AWS_ENDPOINT_URL"],
            aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=own["AWS_SESSION_TOKEN"],
        )

    def lines(self, file):
        return [json.loads(line) for line in (self.out / file).read_text().splitlines()]

    def alerts(self, account):
        """The severities of the alerts of an account."""
        alerts = [
            a["attributes"] for a in self.lines("alerts.jsonl") if a["attributes"]["account"] == account
        ]
        return [alert["severity"] for alert in alerts]

    def emails(self, account):
        target = {} if account == MANAGEMENT else {"AccountId": account}
        found = {}
        for kind in DEFAULTS:
            answer = self._management.get_alternate_contact(AlternateContactType=kind, **target)
            found[kind] = answer["AlternateContact"]["EmailAddress"]
        return found

    def settles(self, account, expected, severities):
        """Soon there are this many alerts, these contacts; and nothing follows."""
        wait_for(lambda: len(self.alerts(account)) >= len(severities))
        time.sleep(0.5)
        assert self.alerts(account) == severities
        assert self.emails(account) == expected


@pytest.fixture(scope="module")
def terminal(local):
    return Terminal(local)


@pytest.fixture
def start(capsys):
    """Gives the exit status of `python -m localcloud.local`, and what it writes."""
    from localcloud import local  # noqa: PLC0415  # it reads all of moto, which takes seconds

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def run_here(*options):
        status = local.main(options)
        return status, " ".join(capsys.readouterr().out.split())

    yield run_here
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_dozen_accounts_in_four_units_on_loopback(terminal):
    assert terminal.state.endpoint.startswith("http://127.0.0.1:")
    organizations = AccountClients(terminal.state.endpoint).client("organizations", MANAGEMENT)
    assert len(organizations.list_accounts()["Accounts"]) == 12
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    assert len(units) == 4


def test_who_is_who_in_the_other_terminal(terminal):
    for account, number in (("hub", HUB), ("management", MANAGEMENT), (CHECKOUT, CHECKOUT)):
        identity = terminal.client("sts", account).get_caller_identity()
        assert identity["Account"] == number
        assert ":assumed-role/Administrator/" in identity["Arn"]
    # The role that asks for a second factor, too.
    operator = terminal.client("sts", "hub", role="rollcall-operator").get_caller_identity()
    assert f":{HUB}:assumed-role/rollcall-operator/" in operator["Arn"]
    root = terminal.client("sts", CHECKOUT, role="root").get_caller_identity()
    assert root["Arn"] == f"arn:aws:iam::{CHECKOUT}:root"


def test_the_first_plan_and_status_of_a_user_know_every_account(terminal, tmp_path):
    clients = AccountClients(terminal.state.endpoint)
    for number, command in enumerate(("plan", "status")):  # raises for another exit status than 0
        work = tmp_path / str(number)
        work.mkdir()
        said = run_rollcall(
            clients, HUB, command, "--config", str(CONFIG), work=work, role=OPERATOR_ROLE_NAME
        )
        assert "unreachable" not in said


def test_a_member_edits_and_deletes_its_own_contact(terminal):
    terminal.aws(PAYMENTS, "account", "put-alternate-contact", *EDIT)
    terminal.settles(PAYMENTS, DEFAULTS, ["MEDIUM"])
    terminal.client("account", PAYMENTS).delete_alternate_contact(AlternateContactType="SECURITY")
    terminal.settles(PAYMENTS, DEFAULTS, ["MEDIUM", "MEDIUM"])
    told = [o for o in terminal.lines("outcomes.jsonl") if o["account"]["id"] == PAYMENTS]
    of_edits = [o for o in told if o["cause"] in {"contact-edited", "contact-deleted"} and o["intent_id"]]
    assert [o["cause"] for o in of_edits] == ["contact-edited", "contact-deleted"]
    assert {o["kind"] for o in of_edits} == {"SECURITY"}


def test_management_edits_and_deletes_contacts_of_members(terminal):
    management, security = terminal.client("account", "management"), {"AlternateContactType": "SECURITY"}
    management.put_alternate_contact(AccountId=WEB_SHOP, **security, **CONTACT)
    terminal.settles(WEB_SHOP, DEFAULTS | {"SECURITY": "pci-soc@example.com"}, ["MEDIUM"])
    management.delete_alternate_contact(AccountId=PLAYGROUND, **security)
    terminal.settles(PLAYGROUND, DEFAULTS, ["MEDIUM"])


def test_an_account_is_created_moved_and_tagged(terminal):
    name = unique("account")
    organizations = terminal.client("organizations", "management")
    organizations.create_account(AccountName=name, Email=f"{name}@example.com")

    def created():
        accounts = organizations.list_accounts()["Accounts"]
        return [a["Id"] for a in accounts if a["Name"] == name]

    (account,) = wait_for(created)
    terminal.settles(account, DEFAULTS, ["INFO"])
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.get_paginator("list_organizational_units_for_parent")

    def unit(parent, name):
        (found,) = units.paginate(ParentId=parent).search(f"OrganizationalUnits[?Name=='{name}'].Id")
        return found

    production = unit(unit(root, "Workloads"), "Production")
    organizations.move_account(AccountId=account, SourceParentId=root, DestinationParentId=production)
    expected = DEFAULTS | {"SECURITY": "pci-soc@example.com"}
    terminal.settles(account, expected, ["INFO", "INFO"])
    organizations.tag_resource(ResourceId=account, Tags=[{"Key": "team", "Value": "a"}])
    terminal.settles(account, expected, ["INFO", "INFO"])


def test_an_account_that_accepts_an_invitation_gets_its_contacts(terminal):
    clients = AccountClients(terminal.state.endpoint)
    target = {"Id": STANDALONE, "Type": "ACCOUNT"}
    invited = clients.client("organizations", MANAGEMENT).invite_account_to_organization(Target=target)
    # `make local-env ACCOUNT=` gives credentials for it before it is a member.
    assert local_env.main(["--out", str(terminal.out), "--account", STANDALONE]) == 0
    outside = clients.client("organizations", STANDALONE)
    outside.accept_handshake(HandshakeId=invited["Handshake"]["Id"])
    terminal.settles(STANDALONE, DEFAULTS, ["INFO"])


def test_a_tag_that_the_roster_names_changes_the_contacts_and_one_that_it_does_not_is_nothing(terminal):
    def tag(key, value):
        tags = [{"Key": key, "Value": value}]
        terminal.client("organizations", "management").tag_resource(ResourceId=REPORTING, Tags=tags)

    tag("scope", "pci")
    expected = DEFAULTS | {"SECURITY": "pci-soc@example.com"}
    terminal.settles(REPORTING, expected, ["INFO"])
    tag("team", "a")
    terminal.settles(REPORTING, expected, ["INFO"])


def test_an_exempt_account_is_left_alone(terminal):
    terminal.client("account", DIVESTED).put_alternate_contact(AlternateContactType="BILLING", **CONTACT)
    terminal.settles(DIVESTED, DEFAULTS | {"BILLING": "mary@example.net"}, ["LOW"])


def test_a_member_that_is_denied_to_leave_is_alerted(terminal):
    """Its record is in the member only, and no rule of another account sees it."""
    organizations = terminal.client("organizations", MANAGEMENT)
    deny = {"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}
    policy = organizations.create_policy(
        Name=unique("no-leaving"),
        Description="x",
        Type="SERVICE_CONTROL_POLICY",
        Content=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=PLAYGROUND)
    before = terminal.alerts(PLAYGROUND)
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        terminal.client("organizations", PLAYGROUND).leave_organization()
    wait_for(lambda: len(terminal.alerts(PLAYGROUND)) > len(before))
    last = [one for one in terminal.lines("alerts.jsonl") if one["attributes"]["account"] == PLAYGROUND][-1]
    assert "LeaveOrganization" in last["subject"]
    assert last["attributes"]["verdict"] == "denied"


def test_a_second_start_says_what_is_wrong(terminal, start, tmp_path):
    status, written = start("--out", str(terminal.out))
    assert status == 2
    assert f"already running, with pid {terminal.state.pid}" in written
    port = terminal.state.endpoint.rpartition(":")[2]
    status, written = start("--out", str(tmp_path), "--port", port)
    assert status == 2
    assert f"port {port} is taken: choose another with PORT=" in written
    find_running(terminal.out)


def test_there_may_be_as_many_accounts_as_asked_for(tmp_path, capsys):
    from localcloud import local  # noqa: PLC0415  # it reads all of moto, which takes seconds

    organization = make_whole_organization(SystemClock(), accounts=300)
    assert len(organization.accounts) == 300
    assert {len(organization.list_lineage(account)) for account in organization.accounts} == {2, 3, 4}
    with pytest.raises(SystemExit):
        local.main(["--out", str(tmp_path / "out"), "--accounts", "11"])
    assert "allowed are 12 to 5000" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("port", ["65536", "99999", "-1", "http", "٣"])
def test_what_is_no_port_is_refused_before_anything_is_touched(tmp_path, capsys, port):
    from localcloud import local  # noqa: PLC0415  # it reads all of moto, which takes seconds

    with pytest.raises(SystemExit) as refused:
        local.main(["--out", str(tmp_path / "out"), f"--port={port}"])
    assert refused.value.code == 2
    assert "is no port: allowed are 0 to 65535" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("account", "seen"), [("hub", "intake-bus"), ("management", "trail")])
def test_the_doctor_finds_nothing_to_mend(terminal, account, seen):
    answer = run_here(terminal.environment(account), "doctor", "--json", "--config", str(CONFIG))
    checks = json.loads(answer.stdout)["checks"]
    assert [check for check in checks if check["result"] == "fail"] == []
    assert {check["check"]: check["result"] for check in checks}[seen] == "pass"


def test_a_foreign_directory_is_left_alone(start, tmp_path):
    (tmp_path / "precious").write_text("data")
    status, written = start("--out", str(tmp_path), "--port", "0")
    assert status == 2
    assert "not from an earlier run" in written
    assert (tmp_path / "precious").read_text() == "data"


@pytest.mark.parametrize(
    ("account", "text"),
    [("12", "hub, management or 12 digits"), ("999999999999", "is not in the organization: 111111111111")],
)
def test_an_account_that_there_is_not(terminal, capsys, account, text):
    assert local_env.main(["--out", str(terminal.out), "--account", account]) == 2
    written = capsys.readouterr()
    assert text in written.err
    assert written.out == ""


def test_the_shell_loses_what_would_lead_elsewhere(terminal, capsys, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_ACCOUNT", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intranet")
    assert local_env.main(["--out", str(terminal.out)]) == 0
    first, *exports = capsys.readouterr().out.splitlines()
    assert {"AWS_PROFILE", "AWS_ENDPOINT_URL_ACCOUNT"} < set(first.removeprefix("unset ").split())
    assert all(line.startswith("export ") for line in exports)
    assert "export NO_PROXY=127.0.0.1,intranet" in exports


def test_before_it_is_ready_there_is_nothing_to_point_at(tmp_path, capsys):
    def said():
        assert local_env.main(["--out", str(tmp_path)]) == 1
        written = capsys.readouterr()
        assert written.out == ""
        return written.err

    assert "not running: start it in another terminal with `make local`" in said()
    state = {"endpoint": "http://127.0.0.1:9", "organization": "o-1", "management": MANAGEMENT, "hub": HUB}
    with DirectoryClaim(tmp_path) as claim:
        assert "is starting" in said()
        claim.publish(**state, ready=False)
        assert "is deploying" in said()
        claim.publish(**state, ready=True)
        assert "does not give credentials" in said()
        with pytest.raises(AlreadyRunningError, match=f"pid {os.getpid()}"):
            DirectoryClaim(tmp_path)
    assert "not running" in said()


def test_who_looks_while_it_starts_is_not_taken_for_another_one(tmp_path):
    """Looking takes the lock for a moment."""
    looking, begun = (tmp_path / ".lock").open("a+"), threading.Event()

    def look():
        fcntl.flock(looking, fcntl.LOCK_EX)
        begun.set()
        time.sleep(0.2)
        looking.close()

    threading.Thread(target=look).start()
    begun.wait()
    with DirectoryClaim(tmp_path), pytest.raises(NotReadyError, match="is starting"):
        find_running(tmp_path)


def test_what_a_killed_process_left_does_not_count(tmp_path):
    (tmp_path / ".lock").write_text("1")
    (tmp_path / "local.json").write_text("{}")
    with pytest.raises(NotReadyError, match="not running"):
        find_running(tmp_path)


def test_ctrl_c_ends_it_all(terminal):
    """The last test here: it stops what the others use."""
    os.kill(terminal.state.pid, signal.SIGINT)
    log = terminal.out.parent / "log"
    wait_for(lambda: log.read_text().endswith("stopped\n"))
    wait_for(lambda: not (terminal.out / "local.json").exists())
    with pytest.raises(NotReadyError, match="not running"):
        find_running(terminal.out)
    address, port = terminal.state.endpoint.removeprefix("http://").split(":")
    with socket.socket() as probe:
        assert probe.connect_ex((address, int(port))) != 0
    text = " ".join(log.read_text().split())  # it is wrapped
    subjects = [alert["subject"] for alert in terminal.lines("alerts.jsonl")]
    assert len(subjects) >= 7
    assert [subject for subject in subjects if subject not in text] == []
    assert 'eval "$(make -s local-env ACCOUNT=222222222222)"' in text
