"""Drives a node with Sesam's official client. Arguments: the URL of the service API, and its token.

Every method of the client that calls the node is named in `calls` as "METHOD path" of the service API; the names are
printed at the end, one a line, for the caller to check that no route was left out.
"""

import io
import json
import sys
import zipfile

from sesamclient.connection import Connection
from sesamclient.exceptions import (
    BadRequestException,
    ConfigUploadFailed,
    PipeAlreadyExists,
    PumpDoesNotSupportTheOperation,
    SystemAlreadyExists,
)

calls = set()


def covers(*routes):
    calls.update(routes)


def expect(actual, wanted):
    assert actual == wanted, f"{actual!r} is not {wanted!r}"


def expect_error(kind, action):
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")


def pipe(pipe_id, source=None, **more):
    return {"_id": pipe_id, "type": "pipe", "source": source or {"type": "empty"}, **more}


def url_system(system_id, **more):
    return {"_id": system_id, "type": "system:url", **more}


def archive(files):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, entity in files.items():
            packed.writestr(name, json.dumps(entity))
    return content.getvalue()


def ids(entities):
    return [entity["_id"] for entity in entities]


def service(node):
    covers("GET /", "GET /ping", "GET /health", "GET /status", "GET /stats", "GET /license", "PUT /license")
    expect(node.get_api_info()["status"]["developer_mode"], True)
    expect(node.get_ping(), {"status": "running"})
    assert isinstance(node.get_health(), dict)
    status = node.get_status()
    assert {"node_id", "node_version", "node_start_time", "node_uptime"} <= set(status), status
    assert isinstance(node.get_stats(), dict)
    assert isinstance(node.get_license(), dict)
    node.set_license("a licence")
    expect(node.get_logs(), [])
    covers("GET /logs", "POST /admin")
    expect(node.restart_node(), {"message": "OK"})
    assert node.get_status()["node_start_time"] > status["node_start_time"]
    expect(node.load_config(), {"message": "OK"})
    expect(node.reset_node(), {"message": "OK"})


def metadata(node):
    covers("GET /metadata", "PUT /metadata", "GET /namespaces")
    node.set_metadata({"_id": "node", "type": "metadata", "namespaces": {"default": {"x": "http://x/"}}})
    expect(node.get_metadata()["config"]["original"]["namespaces"], {"default": {"x": "http://x/"}})
    expect(node.get_namespaces(), {"x": "http://x/"})
    node.upload_config([])


def config_as_json(node):
    covers("GET /config", "PUT /config", "GET /config-history/entity")
    expect(node.upload_config([pipe("b", zeta=1, alpha=123456789012345678901234567890), url_system("a")]),
           {"validation_errors": []})
    config = node.get_config()
    expect(ids(config), ["a", "b"])
    expect(config[1]["alpha"], 123456789012345678901234567890)
    expect(list(config[1]), sorted(config[1]))
    assert node.get_config_as_json_string().startswith('[{"_id":"a"')
    node.upload_config([pipe("b", name="new")], _use_multipart_form_data=False)
    expect([version.get("name") for version in node.get_config_history("b")], [None, "new"])
    expect([version["_id"] for version in node.get_config_history("b", limit=1, reverse=True)], ["b"])


def config_as_zip(node):
    covers("GET /config", "PUT /config")
    content = archive({
        "node-metadata.conf.json": {"_id": "node", "type": "metadata"},
        "pipes/any name.conf.json": [pipe("p:1"), pipe("p 2")],
        "systems/s.conf.json": url_system("s"),
    })
    for through_form in (True, False):
        node.upload_config([])
        node.upload_config(content, _use_multipart_form_data=through_form)
        expect(ids(node.get_config()), ["node", "p 2", "p:1", "s"])
    downloaded = zipfile.ZipFile(io.BytesIO(node.get_config_as_zip()))
    expect(sorted(downloaded.namelist()), [
        "node-metadata.conf.json", "pipes/p 2.conf.json", "pipes/p:1.conf.json", "systems/s.conf.json"])
    before = node.get_config()
    node.upload_config(node.get_config_as_zip())
    expect(node.get_config(), before)


def config_groups(node):
    covers("GET /config/{group}", "PUT /config/{group}", "GET /config-all", "PUT /config-all")
    node.upload_config([pipe("main")])
    node.upload_config([pipe("other")], config_group="my group/1")
    expect(ids(node.get_config()), ["main"])
    expect(ids(node.get_config("my group/1")), ["other"])
    expect(list(zipfile.ZipFile(io.BytesIO(node.get_config_as_zip("my group/1"))).namelist()), ["pipes/other.conf.json"])
    everything = node.get_config_all()
    expect(ids(everything), ["main", "other"])
    error = expect_error(ConfigUploadFailed, lambda: node.upload_config([pipe("main")], config_group="my group/1"))
    expect(error.parsed_response["validation_errors"][0]["posted-config"]["_id"], "main")
    node.upload_config([], config_group="my group/1")
    expect(ids(node.get_config_all()), ["main"])
    node.upload_config(everything, upload_all_config_groups=True)
    expect(ids(node.get_config("my group/1")), ["other"])
    node.upload_config([], upload_all_config_groups=True)
    expect(node.get_config_all(), [])


def validation(node):
    covers("PUT /config")
    node.upload_config([pipe("good")])
    wrong = [pipe("bad", {"type": "embeddded"}), pipe("good")]
    error = expect_error(ConfigUploadFailed, lambda: node.upload_config(wrong))
    [report] = error.parsed_response["validation_errors"]
    expect(report["posted-config"], wrong[0])
    expect(report["is-valid-config"], False)
    expect([(issue["elements"], issue["level"]) for issue in report["config-errors"]], [("$['source']['type']", "error")])
    assert "embedded" in report["json-schema"]["properties"]["source"]["properties"]["type"]["enum"]
    expect(ids(node.get_config()), ["good"])
    reply = node.upload_config(wrong, force=True)
    expect(len(reply["validation_errors"]), 1)
    runtime = node.get_pipe("bad").runtime
    expect(runtime["is-valid-config"], False)
    expect(runtime["config-errors"], report["config-errors"])
    warned = node.upload_config([pipe("reader", {"type": "dataset", "dataset": "nowhere"})])
    expect(warned["validation_errors"][0]["config-errors"][0]["level"], "warning")
    node.upload_config([])


def variables(node):
    covers("GET /env", "PUT /env", "POST /env", "DELETE /env/{name}")
    expect(node.put_env_vars({"a": 1, "b": True}), {"a": 1, "b": True})
    expect(node.post_env_vars({"c": "å/ø"}), {"a": 1, "b": True, "c": "å/ø"})
    expect(node.put_env_vars({"b": False, "x y/z": 0}), {"b": False, "x y/z": 0})
    expect(node.delete_env_var("x y/z"), {"b": False})
    expect(node.get_env_vars(), {"b": False})
    expect_error(BadRequestException, lambda: node.delete_env_var("x y/z"))
    expect(node.put_env_vars({}), {})


def secrets(node):
    covers("GET /secrets", "PUT /secrets", "POST /secrets", "DELETE /secrets/{name}")
    assert isinstance(node.put_secrets({"a": "1", "b": "2"}), dict)
    assert isinstance(node.post_secrets({"c/d": "3"}), dict)
    expect(node.get_secrets(), ["a", "b", "c/d"])
    node.put_secrets({"c/d": "4"})
    expect(node.get_secrets(include_internal_secrets=True), ["c/d"])
    node.delete_secret("c/d")
    expect(node.get_secrets(), [])
    expect_error(BadRequestException, node.get_secrets_values)


def system_secrets(node):
    covers("GET /systems/{system}/secrets", "PUT /systems/{system}/secrets", "POST /systems/{system}/secrets",
           "DELETE /systems/{system}/secrets/{name}")
    [system] = node.add_systems([url_system("with: secrets", password="$SECRET(p)")])
    system.put_secrets({"p": "1", "q": "2"})
    system.post_secrets({"r": "3"})
    expect(system.get_secrets(), ["p", "q", "r"])
    system.delete_secret("q")
    system.modify(url_system("with: secrets", password="$SECRET(r)"))
    expect(system.get_secrets(), ["p", "r"])
    expect_error(BadRequestException, system.get_secrets_values)
    system.delete()
    [system] = node.add_systems([url_system("with: secrets")])
    expect(system.get_secrets(), [])
    system.delete()


def systems(node):
    covers("GET /systems", "POST /systems", "GET /systems/{system}", "DELETE /systems/{system}",
           "PUT /systems/{system}/config")
    [system] = node.add_systems([url_system("s")])
    expect(system.config["original"], url_system("s"))
    expect(system.runtime["is-valid-config"], True)
    expect_error(SystemAlreadyExists, lambda: node.add_systems([url_system("s")]))
    expect_error(ConfigUploadFailed, lambda: node.add_systems([{"_id": "t", "type": "system:nothing"}]))
    system.modify({"type": "system:url", "name": "named"})
    expect(node.get_system("s").config["original"], url_system("s", name="named"))
    expect([system.id for system in node.get_systems()], ["s"])
    assert "system:sesam-node" in [system.id for system in node.get_systems(include_internal_systems=True)]
    system.delete()
    expect(node.get_system("s"), None)


def pipes(node):
    covers("GET /pipes", "POST /pipes", "GET /pipes/{pipe}", "DELETE /pipes/{pipe}", "PUT /pipes/{pipe}/config",
           "GET /pipes/{pipe}/pump", "POST /pipes/{pipe}/pump", "POST /receivers/{pipe}/entities",
           "GET /pipes/{pipe}/entities", "GET /pipes/{pipe}/log", "GET /datasets", "GET /datasets/{dataset}")
    # Pipes of the parts before are shown once more, as being removed.
    expect({one.runtime["state"] for one in node.get_pipes()}, {"Removing"})
    expect(node.get_pipes(), [])
    node.put_env_vars({"where": "x"})
    [added] = node.add_pipes([pipe("p:1", {"type": "http_endpoint"})])
    expect(added.runtime["state"], "Deploying")
    added.wait_for_pipe_to_be_deployed()
    expect(added.runtime["state"], None)
    expect(added.sink_dataset_id, "p:1")
    expect(added.post_entities([{"_id": "e"}]), {})
    expect(list(added.get_entities()), [])
    expect(list(added.get_log_entities()), [])
    expect_error(PipeAlreadyExists, lambda: node.add_pipes([pipe("p:1")]))
    expect_error(ConfigUploadFailed, lambda: node.add_pipes([pipe("q", {"type": "sql", "system": "gone"})]))
    added.modify(pipe("p:1", {"type": "dataset", "dataset": "$ENV(where)"}))
    expect(added.source_dataset_id, "x")
    expect_error(ConfigUploadFailed, lambda: added.modify(pipe("p:1", {"type": "nothing"})))
    added.wait_for_pipe_to_be_deployed()
    pump(added.get_pump())
    expect([one.id for one in node.get_pipes()], ["p:1"])
    [cut] = node.get_pipes(fields=["graph", "runtime"])
    expect(sorted(cut.as_json_object()), ["_id", "graph", "runtime", "subjectidentifier"])
    assert {"p:1", "system:pump:p:1"} <= {dataset.id for dataset in node.get_datasets()}
    assert "system:pump:p:1" not in {dataset.id for dataset in node.get_datasets(include_internal_datasets=False)}
    added.delete()
    expect(node.get_pipe("p:1").runtime["state"], "Removing")
    added.wait_for_pipe_to_be_deployed()
    expect(node.get_pipe("p:1"), None)
    expect(node.get_dataset("p:1").id, "p:1")
    node.put_env_vars({})


def pump(pump):
    pump.start()
    expect(pump.runtime["state"], "finished")
    pump.wait_for_pump_to_finish_running(assert_successful_run=True)
    assert pump.last_run is not None
    pump.disable(comment="for a while")
    expect(pump.runtime["state"], "disabled")
    pump.enable()
    pump.update_last_seen("17")
    pump.unset_last_seen()
    pump.start_rescan()
    pump.stop()
    assert not pump.has_pending_work()
    expect_error(PumpDoesNotSupportTheOperation, lambda: pump.run_operation("fly"))


def deployment(node):
    covers("PUT /config", "GET /pipes/{pipe}", "POST /pipes/delete-all-sink-datasets")
    node.upload_config([pipe("one"), pipe("two", {"type": "dataset", "dataset": "one"})])
    for deployed in node.get_pipes():
        expect(deployed.runtime["state"], "Deploying")
        deployed.wait_for_pipe_to_be_deployed()
        expect(deployed.runtime["is-valid-config"], True)
    assert isinstance(node.delete_all_sink_datasets(), dict)
    node.upload_config([])


def running(node):
    covers("POST /pipes/run-all-pipes", "POST /pipes/stop-run-all-pipes", "GET /pipes/get-pipe-runner-status",
           "GET /pipes/get-run-all-pipes-log", "GET /pipes/{pipe}/entities", "GET /pipes/{pipe}/log",
           "GET /publishers/{pipe}/{format}", "POST /receivers/{pipe}/entities", "GET /datasets/{dataset}")
    node.upload_config([
        pipe("in", {"type": "http_endpoint"}),
        pipe("out", {"type": "dataset", "dataset": "in"}, sink={"type": "http_endpoint"}),
    ])
    for deployed in node.get_pipes():
        deployed.wait_for_pipe_to_be_deployed()
    expect(node.get_pipe("in").post_entities([{"_id": "1", "name": "Åse"}, {"_id": "2"}]), {})
    url = node.pipes_url
    expect(node.do_post_request(url + "/stop-run-all-pipes", params={"terminate_timeout": 30}).json(),
           {"status": "not-running"})
    parameters = {"extra_zero_runs": 2, "max_run_time": 900, "max_runs": 100, "delete_input_datasets": False}
    started = node.do_post_request(url + "/run-all-pipes", params={**parameters, "request_mode": "async"}).json()
    expect(node.do_get_request(url + "/get-pipe-runner-status", params=started).json(), {"status": "success"})
    expect(len(node.do_get_request(url + "/get-run-all-pipes-log", params=started).json()), 1)
    expect(node.do_post_request(url + "/run-all-pipes", params={**parameters, "request_mode": "sync"}).json(),
           {"status": "success"})
    out = node.get_pipe("out")
    expect([(entity["_id"], entity["_deleted"]) for entity in out.get_entities()], [("1", False), ("2", False)])
    expect(ids(out.get_entities(stage="source")), ["1", "2"])
    expect(next(iter(out.get_entities()))["name"], "Åse")
    expect([event["event_type"] for event in out.get_log_entities()], ["pump-started", "pump-completed"])
    published = node.do_get_request(url.replace("/pipes", "/publishers") + "/out/entities").json()
    expect(ids(published), ["1", "2"])
    expect(node.get_dataset("in").runtime["count-index-exists"], 2)
    node.upload_config([])


def main(url, token):
    expect_error(BadRequestException, Connection(url, jwt_auth_token="wrong").get_ping)
    with Connection(url, jwt_auth_token=token, timeout=20) as node:
        for part in (service, metadata, config_as_json, config_as_zip, config_groups, validation, variables, secrets,
                     system_secrets, systems, pipes, deployment, running):
            part(node)
    print("\n".join(sorted(calls)))


main(*sys.argv[1:])
