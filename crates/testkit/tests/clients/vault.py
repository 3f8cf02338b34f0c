"""Drives a fake Vault with hvac: address, CA file or '-', and a planted token are the arguments."""
import sys
import hvac
from hvac import exceptions

address, ca, planted = sys.argv[1:4]


def client(token=None):
    return hvac.Client(url=address, token=token, verify=ca if ca != "-" else False)


def raises(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as caught:
        return caught
    raise AssertionError(f"{call} raised no {error.__name__}")


anonymous = client()
health = anonymous.sys.read_health_status(method="GET")
assert (health["initialized"], health["sealed"], health["standby"]) == (True, False, False), health
raises(exceptions.Forbidden, anonymous.auth.token.lookup_self)

vault = client(planted)
assert vault.is_authenticated()
assert not client("hvs.wrong").is_authenticated()
raises(exceptions.Forbidden, client("hvs.wrong").auth.token.lookup_self)

kv = vault.secrets.kv.v2
read = kv.read_secret_version(path="nodes/a", mount_point="team/kv", raise_on_deleted_version=True)
assert read["data"]["data"] == {"password": "ø\n\"", "port": 5432, "nested": {"on": True}}, read
assert read["data"]["metadata"]["version"] == 2
old = kv.read_secret_version(path="nodes/a", mount_point="team/kv", version=1, raise_on_deleted_version=True)
assert old["data"]["data"] == {"password": "old"}
assert kv.list_secrets(path="nodes", mount_point="team/kv")["data"]["keys"] == ["a", "deep/", "deleted", "destroyed"]
assert kv.list_secrets(path="", mount_point="team/kv")["data"]["keys"] == ["forbidden", "nodes/"]
assert kv.read_secret_metadata(path="nodes/a", mount_point="team/kv")["data"]["current_version"] == 2
missing = raises(exceptions.InvalidPath, kv.read_secret_version, path="absent", mount_point="team/kv",
                 raise_on_deleted_version=True)
assert missing.errors == [], missing.errors
raises(exceptions.InvalidPath, kv.list_secrets, path="absent", mount_point="team/kv")
for gone in ["deleted", "destroyed"]:
    raises(exceptions.InvalidPath, kv.read_secret_version, path=f"nodes/{gone}", mount_point="team/kv",
           raise_on_deleted_version=True)
deleted = kv.read_secret_version(path="nodes/deleted", mount_point="team/kv", raise_on_deleted_version=False)["data"]
assert deleted["data"] is None and not deleted["metadata"]["destroyed"], deleted
destroyed = raises(exceptions.InvalidPath, vault.adapter.get, "/v1/team/kv/data/nodes/destroyed").json["data"]
assert destroyed["data"] is None and destroyed["metadata"]["destroyed"], destroyed
raises(exceptions.Forbidden, kv.read_secret_version, path="forbidden", mount_point="team/kv",
       raise_on_deleted_version=True)
assert vault.secrets.kv.v1.read_secret(path="plain", mount_point="old")["data"] == {"value": "1"}
assert vault.secrets.kv.v1.list_secrets(path="", mount_point="old")["data"]["keys"] == ["plain"]

mount = vault.adapter.get("/v1/sys/internal/ui/mounts/team/kv/nodes/a")["data"]
assert (mount["path"], mount["type"], mount["options"]["version"]) == ("team/kv/", "kv", "2")
raises(exceptions.Forbidden, vault.adapter.get, "/v1/sys/internal/ui/mounts/nowhere")
raises(exceptions.InvalidPath, vault.adapter.get, "/v1/nowhere/data/a")
capabilities = vault.sys.get_capabilities(paths=["team/kv/data/nodes/a", "team/kv/data/forbidden"])
assert "read" in capabilities["team/kv/data/nodes/a"] and capabilities["team/kv/data/forbidden"] == ["deny"]

wrapping = sys.argv[4]
raises(exceptions.Forbidden, anonymous.sys.unwrap, token=wrapping)
secret_id = client(wrapping).sys.unwrap()["data"]["secret_id"]
raises(exceptions.InvalidRequest, client(wrapping).sys.unwrap)

role = client()
raises(exceptions.InvalidRequest, role.auth.approle.login, role_id="role", secret_id="wrong")
raises(exceptions.InvalidRequest, role.auth.approle.login, role_id="role")
auth = role.auth.approle.login(role_id="role", secret_id=secret_id)["auth"]
assert auth["client_token"] == role.token and auth["renewable"]
role.auth.token.renew_self()
assert role.auth.token.lookup_self()["data"]["path"] == "auth/approle/login"
role.auth.token.revoke_self()
raises(exceptions.Forbidden, role.auth.token.lookup_self)
assert client().auth.approle.login(role_id="open", mount_point="team/approle")["auth"]["client_token"]

github = hvac.Client(url=address, verify=ca if ca != "-" else False, namespace="team/a")
bad = raises(exceptions.InternalServerError, github.auth.github.login, token="wrong")
assert "401 Bad credentials" in str(bad), bad
github.auth.github.login(token="ghp_known")
assert github.is_authenticated()

for method in ["userpass", "ldap", "radius"]:
    people = client()
    login = getattr(people.auth, method).login
    raises(exceptions.InvalidRequest, login, username="bob", password="wrong")
    login(username="bob", password="password")
    assert people.is_authenticated(), method
raises(exceptions.Forbidden, client().auth.kubernetes.login, role="deployer", jwt="wrong")
assert client().auth.kubernetes.login(role="deployer", jwt="service-account")["auth"]["client_token"]
raises(exceptions.InvalidRequest, client().auth.jwt.jwt_login, role="nobody", jwt="identity")
assert client().auth.jwt.jwt_login(role="deployer", jwt="identity")["auth"]["client_token"]
signed = client().auth.aws.iam_login("AKIAKNOWN", "secret", header_value="vault.example", role="deployer")
assert signed["auth"]["client_token"]
raises(exceptions.InvalidRequest, client().auth.aws.iam_login, "AKIAWRONG", "secret", role="deployer")
machine = {"subscription_id": "s", "resource_group_name": "g", "vm_name": "m"}
assert client().auth.azure.login(role="deployer", jwt="managed", **machine)["auth"]["client_token"]
