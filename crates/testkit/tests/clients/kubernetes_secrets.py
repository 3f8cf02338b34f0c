"""Drives a fake API server with Kubernetes' official client: address, CA file, token, address for certificates, CA, certificate, key."""
import base64
import sys

from kubernetes import client
from kubernetes.client.exceptions import ApiException

address, ca, token, mutual, mutual_ca, certificate, key = sys.argv[1:8]


def api(address, ca, token=None, certificate=None, key=None):
    configuration = client.Configuration(host=address)
    configuration.ssl_ca_cert, configuration.cert_file, configuration.key_file = ca, certificate, key
    configuration.retries = False
    if token:
        configuration.api_key, configuration.api_key_prefix = {"authorization": token}, {"authorization": "Bearer"}
    return client.CoreV1Api(client.ApiClient(configuration))


def refused(call, *arguments):
    try:
        call(*arguments)
    except ApiException as error:
        return error.status, client.ApiClient().deserialize(error.body, "V1Status", "application/json")
    raise AssertionError(f"{call} was not refused")


core = api(address, ca, token)
secret = core.read_namespaced_secret("database", "sesam")
assert (secret.kind, secret.metadata.name, secret.metadata.namespace) == ("Secret", "database", "sesam"), secret
assert {name: base64.b64decode(value).decode() for name, value in secret.data.items()} == {"user": "bob", "p.w": "ø\n"}

status, answer = refused(core.read_namespaced_secret, "absent", "sesam")
assert (status, answer.reason, answer.details.kind, answer.details.name) == (404, "NotFound", "secrets", "absent"), answer
status, answer = refused(core.read_namespaced_secret, "forbidden", "sesam")
assert (status, answer.reason, answer.details.name) == (403, "Forbidden", "forbidden"), answer
status, answer = refused(api(address, ca, "unknown").read_namespaced_secret, "database", "sesam")
assert (status, answer.reason) == (401, "Unauthorized"), answer

names, page = [], None
while page != "":
    listed = core.list_namespaced_secret("sesam", limit=2, _continue=page)
    names, page = names + [item.metadata.name for item in listed.items], listed.metadata._continue or ""
    assert all(item.data for item in listed.items), "a list has the values too"
assert names == ["a", "database", "forbidden"], names
assert [item.metadata.name for item in core.list_namespaced_secret("other").items] == ["b"]

by_certificate = api(mutual, mutual_ca, certificate=certificate, key=key)
assert by_certificate.read_namespaced_secret("a", "sesam").metadata.name == "a"
