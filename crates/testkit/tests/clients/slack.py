"""Drives a Slack Web API with slack_sdk: base address, CA file or '-', token and channel are the arguments."""
import ssl
import sys
from slack_sdk import WebClient

base, ca, token, channel = sys.argv[1:5]
context = ssl.create_default_context(cafile=ca) if ca != "-" else None
client = WebClient(token=token, base_url=base, ssl=context)

assert client.auth_test()["ok"]
names = {found["name"]: found["id"] for found in client.conversations_list()["channels"]}
posted = client.chat_postMessage(
    channel=channel, text="Deployed <https://example.org/run|run 7> & more",
    blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "*ø*"}}],
)
assert posted["ok"] and posted["channel"] == names[channel] and posted["ts"]
shared = client.files_upload_v2(
    channel=posted["channel"], thread_ts=posted["ts"], filename="changes.diff", title="Changes",
    content="+ ø\n- o\n", initial_comment="The changes",
)
assert shared["ok"] and shared["files"][0]["id"]
