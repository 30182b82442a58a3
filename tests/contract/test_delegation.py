"""Trusted access and delegated administrators through the Organizations API, and what hangs on them."""

import pytest
from botocore.exceptions import ClientError

from tests.contract.conftest import HUB, MANAGEMENT, MEMBER, OTHER, refused

ACCOUNT = {"ServicePrincipal": "account.amazonaws.com"}
STACKSETS = {"ServicePrincipal": "member.org.stacksets.cloudformation.amazonaws.com"}
KIND = {"AlternateContactType": "SECURITY"}


def reach(world, account_id=MEMBER):
    """How an organizations-mode read of the hub ends."""
    try:
        world.client("account", "hub").get_alternate_contact(AccountId=account_id, **KIND)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "answered"


def trusted(client):
    entries = client.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    return [entry["ServicePrincipal"] for entry in entries]


def test_trusted_access_goes_and_comes_back(world, client):
    client.disable_aws_service_access(**ACCOUNT)
    assert trusted(client) == []
    assert reach(world) == "AccessDeniedException"
    client.disable_aws_service_access(**ACCOUNT)
    client.enable_aws_service_access(**ACCOUNT)
    client.enable_aws_service_access(**ACCOUNT)
    client.enable_aws_service_access(**STACKSETS)
    assert trusted(client) == [ACCOUNT["ServicePrincipal"], STACKSETS["ServicePrincipal"]]
    assert reach(world) == "ResourceNotFoundException"


def test_an_account_outside_is_not_told_about_the_organization(world, client):
    client.disable_aws_service_access(**ACCOUNT)
    stranger = world.client("account", "standalone")
    with pytest.raises(ClientError, match=r"account:GetAlternateContact$"):
        stranger.get_alternate_contact(AccountId=MEMBER, **KIND)


def test_delegation_goes_and_comes_back(world, client):
    client.deregister_delegated_administrator(AccountId=HUB, **ACCOUNT)
    assert client.list_delegated_administrators(**ACCOUNT)["DelegatedAdministrators"] == []
    assert reach(world) == "AccessDeniedException"
    refused(lambda: world.client("organizations", "hub").list_accounts(), "AccessDeniedException")
    client.register_delegated_administrator(AccountId=HUB, **ACCOUNT)
    listed = client.list_delegated_administrators(**ACCOUNT)["DelegatedAdministrators"]
    assert [entry["Id"] for entry in listed] == [HUB]
    assert reach(world) == "ResourceNotFoundException"
    assert reach(world, HUB) == "ResourceNotFoundException"


def test_the_services_of_an_administrator_are_listed(client):
    client.enable_aws_service_access(**STACKSETS)
    client.register_delegated_administrator(AccountId=HUB, **STACKSETS)
    services = client.list_delegated_services_for_account(AccountId=HUB)["DelegatedServices"]
    assert services == [ACCOUNT, STACKSETS]
    client.deregister_delegated_administrator(AccountId=HUB, **ACCOUNT)
    assert client.list_delegated_services_for_account(AccountId=HUB)["DelegatedServices"] == [STACKSETS]


def test_account_management_takes_one_administrator_and_stacksets_five(world, client):
    limit = "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"
    refused(
        lambda: client.register_delegated_administrator(AccountId=MEMBER, **ACCOUNT),
        "ConstraintViolationException",
        limit,
    )
    client.enable_aws_service_access(**STACKSETS)
    members = [account for account in world.organization.accounts if account != MANAGEMENT]
    for account_id in members:
        client.register_delegated_administrator(AccountId=account_id, **STACKSETS)
    sixth = world.organization.add_account(name="Sixth", email="sixth@example.com").id
    refused(
        lambda: client.register_delegated_administrator(AccountId=sixth, **STACKSETS),
        "ConstraintViolationException",
        limit,
    )
    config = {"ServicePrincipal": "config.amazonaws.com"}
    client.enable_aws_service_access(**config)
    for account_id in (*members, sixth):
        client.register_delegated_administrator(AccountId=account_id, **config)


def test_refusals_are_modelled(world, client):
    def register(account_id, **principal):
        return lambda: client.register_delegated_administrator(AccountId=account_id, **(principal or ACCOUNT))

    constraint = "ConstraintViolationException"
    refused(register(HUB), "AccountAlreadyRegisteredException")
    refused(register("123456789012"), "AccountNotFoundException")
    refused(register("777788889999"), "AccountNotFoundException")
    refused(register(MANAGEMENT), constraint, "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR")
    refused(register(HUB, **STACKSETS), constraint, "SERVICE_ACCESS_NOT_ENABLED")
    world.organization.accounts[OTHER].state = "SUSPENDED"
    refused(register(OTHER), constraint, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")
    missing = "AccountNotRegisteredException"
    refused(lambda: client.deregister_delegated_administrator(AccountId=MEMBER, **ACCOUNT), missing)
    refused(lambda: client.deregister_delegated_administrator(AccountId=HUB, **STACKSETS), missing)
    refused(lambda: client.list_delegated_services_for_account(AccountId=MEMBER), missing)
    unknown = {"AccountId": "123456789012"}
    not_found = "AccountNotFoundException"
    refused(lambda: client.deregister_delegated_administrator(**unknown, **ACCOUNT), not_found)
    refused(lambda: client.list_delegated_services_for_account(**unknown), not_found)
    for principal in ("account.example.com", "nobody.amazonaws.com"):
        refused(
            lambda principal=principal: client.enable_aws_service_access(ServicePrincipal=principal),
            "InvalidInputException",
            "UNRECOGNIZED_SERVICE_PRINCIPAL",
        )
    assert world.organization.delegated_administrators == {ACCOUNT["ServicePrincipal"]: {HUB}}


def test_without_all_features_nothing_is_trusted(world, client):
    assert client.describe_organization()["Organization"]["FeatureSet"] == "ALL"
    world.organization.feature_set = "CONSOLIDATED_BILLING"
    assert client.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert reach(world) == "AccessDeniedException"
    for act in (
        lambda: client.enable_aws_service_access(**ACCOUNT),
        lambda: client.register_delegated_administrator(AccountId=MEMBER, **ACCOUNT),
        lambda: client.close_account(AccountId=MEMBER),
    ):
        refused(act, "ConstraintViolationException", "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE")


def test_attacks_on_the_watcher_are_events_of_management(world, client):
    client.deregister_delegated_administrator(AccountId=HUB, **ACCOUNT)
    client.disable_aws_service_access(**ACCOUNT)
    with pytest.raises(ClientError):
        world.client("organizations", "hub").enable_aws_service_access(**ACCOUNT)
    assert [account for account, _ in world.events] == [MANAGEMENT, MANAGEMENT, HUB]
    details = [event["detail"] for _, event in world.events]
    assert details[0]["requestParameters"] == {
        "accountId": HUB,
        "servicePrincipal": "account.amazonaws.com",
    }
    assert details[1]["requestParameters"] == {"servicePrincipal": "account.amazonaws.com"}
    assert (details[2]["errorCode"], details[2]["requestParameters"]) == ("AccessDenied", None)
