"""Drives a fake Secret Manager with Google's client: address, key file, provider, identity token file, account, project, location."""
import json
import os
import sys

from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import BadRequest, Forbidden, NotFound
from google.auth import compute_engine, identity_pool
from google.auth.exceptions import OAuthError, RefreshError
from google.auth.transport.requests import Request
from google.cloud import secretmanager_v1
from google.oauth2 import credentials as oauth, service_account

address, key_file, provider, token_file, account, project, location = sys.argv[1:8]
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]


def client(credentials):
    host = address.removeprefix("https://")
    return secretmanager_v1.SecretManagerServiceClient(
        credentials=credentials, transport="rest", client_options=ClientOptions(api_endpoint=host))


def raises(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as caught:
        return caught
    raise AssertionError(f"{call} raised no {error.__name__}")


by_key = service_account.Credentials.from_service_account_file(key_file, scopes=SCOPES)
by_key.refresh(Request())
# The client itself would send an assertion in place of a token, which Google accepts and this fake doesn't.
manager = client(oauth.Credentials(by_key.token))


def access(name, version="latest", parent=f"projects/{project}", manager=manager):
    answer = manager.access_secret_version(name=f"{parent}/secrets/{name}/versions/{version}", retry=None)
    return answer.name.rsplit("/", 1)[1], answer.payload.data.decode()


assert access("plain") == ("2", "new ø\n")
assert access("plain", "1") == access("plain", "first") == ("1", "old")
assert access("empty") == ("1", "")
assert access("plain", parent=f"projects/{project}/locations/{location}") == ("1", "regional")
assert "not found or has no versions" in str(raises(NotFound, access, "absent"))
assert "not found" in str(raises(NotFound, access, "plain", "9"))
assert "DISABLED" in str(raises(BadRequest, access, "disabled"))
assert "DESTROYED" in str(raises(BadRequest, access, "destroyed"))
denied = raises(Forbidden, access, "denied")
assert denied.reason == "IAM_PERMISSION_DENIED", denied.reason
raises(Forbidden, access, "plain", parent="projects/other")

names = [secret.name.rsplit("/", 1)[1] for secret in manager.list_secrets(parent=f"projects/{project}")]
assert names == ["denied", "destroyed", "disabled", "empty", "plain"], names
regional = manager.list_secrets(parent=f"projects/{project}/locations/{location}")
assert [secret.name.rsplit("/", 1)[1] for secret in regional] == ["plain"]

# A 401 makes the client renew its token, which this one can't.
raises(RefreshError, access, "plain", manager=client(oauth.Credentials("ya29.unknown")))

key = json.load(open(key_file))
other = service_account.Credentials.from_service_account_info({**key, "client_email": "other@x"}, scopes=SCOPES)
assert "account not found" in str(raises(RefreshError, other.refresh, Request()))


def federated(**more):
    return identity_pool.Credentials.from_info({
        "type": "external_account", "audience": f"//iam.googleapis.com/{provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": f"{address}/v1/token",
        "credential_source": {"file": token_file}, **more}).with_scopes(SCOPES)


assert access("plain", manager=client(federated())) == ("2", "new ø\n")
impersonated = f"{address}/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
assert access("plain", manager=client(federated(service_account_impersonation_url=impersonated))) == ("2", "new ø\n")
raises(OAuthError, federated(audience="//iam.googleapis.com/other").refresh, Request())

assert os.environ["GCE_METADATA_HOST"]
assert access("plain", manager=client(compute_engine.Credentials())) == ("2", "new ø\n")
