"""Drives a fake Key Vault with Microsoft's SDK: address, CA file, tenant, client id, secret, workload token file."""
import os
import sys

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from azure.keyvault.secrets import SecretClient

address, ca, tenant, client_id, secret, token_file, version = sys.argv[1:8]


def client(credential):
    return SecretClient(address, credential, verify_challenge_resource=False, connection_verify=ca, retry_total=0)


def by_secret(client_id=client_id, secret=secret, tenant=tenant):
    return ClientSecretCredential(tenant, client_id, secret, authority=address, disable_instance_discovery=True,
                                  connection_verify=ca, retry_total=0)


def raises(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as caught:
        return caught
    raise AssertionError(f"{call} raised no {error.__name__}")


vault = client(by_secret())
read = vault.get_secret("plain")
assert (read.name, read.value, read.properties.enabled) == ("plain", "new ø\n", True), read
assert read.properties.vault_url == address, read.properties.vault_url
assert vault.get_secret("PLAIN").value == "new ø\n"
assert vault.get_secret("plain", version).value == "old"
expired = vault.get_secret("expired")
assert expired.value == "x" and expired.properties.expires_on.year == 2001, expired.properties
assert vault.get_secret("early").properties.not_before.year == 2100

missing = raises(ResourceNotFoundError, vault.get_secret, "absent")
assert missing.error.code == "SecretNotFound", missing.error
raises(ResourceNotFoundError, vault.get_secret, "plain", "0" * 31 + "9")
raises(ResourceNotFoundError, vault.get_secret, "deleted")
deleted = vault.get_deleted_secret("deleted")
assert deleted.deleted_date and deleted.scheduled_purge_date > deleted.deleted_date, deleted
raises(ResourceNotFoundError, vault.get_deleted_secret, "plain")

for name, inner in [("disabled", "SecretDisabled"), ("no-role", "ForbiddenByRbac"), ("no-policy", "ForbiddenByPolicy")]:
    refused = raises(HttpResponseError, vault.get_secret, name)
    assert refused.status_code == 403 and refused.error.code == "Forbidden", refused
    assert refused.error.innererror["code"] == inner, refused.error.innererror
assert raises(HttpResponseError, vault.get_secret, "not_a_name").status_code == 400

listed = {item.name: item for item in vault.list_properties_of_secrets()}
assert sorted(listed) == ["disabled", "early", "expired", "no-policy", "no-role", "plain"], sorted(listed)
assert listed["plain"].enabled and not listed["disabled"].enabled

assert "7000215" in str(raises(ClientAuthenticationError, client(by_secret(secret="wrong")).get_secret, "plain"))
assert "700016" in str(raises(ClientAuthenticationError, client(by_secret(client_id="other")).get_secret, "plain"))

workload = WorkloadIdentityCredential(tenant_id=tenant, client_id="workload", token_file_path=token_file,
                                      authority=address, disable_instance_discovery=True, connection_verify=ca)
assert client(workload).get_secret("plain").value == "new ø\n"

os.environ["IDENTITY_ENDPOINT"] = f"{address}/msi/token"
os.environ["IDENTITY_HEADER"] = "header-of-the-app"
for named in [{}, {"client_id": "assigned"}]:
    assert client(ManagedIdentityCredential(connection_verify=ca, **named)).get_secret("plain").value == "new ø\n"
other = ManagedIdentityCredential(connection_verify=ca, client_id="other", retry_total=0)
raises(ClientAuthenticationError, client(other).get_secret, "plain")
