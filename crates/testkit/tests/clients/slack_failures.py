"""Meets the programmed failures of the fake Slack with slack_sdk: base address, token and channel id are given."""
import sys
from urllib.error import HTTPError
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

base, token, channel = sys.argv[1:4]


def refusal(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except SlackApiError as caught:
        return caught.response
    raise AssertionError(f"{call} was not refused")


client = WebClient(token=token, base_url=base)
assert refusal(WebClient(base_url=base).auth_test)["error"] == "not_authed"
assert refusal(WebClient(token="wrong", base_url=base).auth_test)["error"] == "invalid_auth"
assert refusal(client.chat_postMessage, channel="#absent", text="x")["error"] == "channel_not_found"
assert refusal(client.api_call, "no.suchMethod")["error"] == "unknown_method"

limited = refusal(client.chat_postMessage, channel=channel, text="limited")
assert limited.status_code == 429 and limited.headers["Retry-After"] == "3" and limited["error"] == "ratelimited"
assert refusal(client.chat_postMessage, channel=channel, text="refused")["error"] == "not_in_channel"
assert client.chat_postMessage(channel=channel, text="third")["ok"]
try:
    client.files_upload_v2(channel=channel, filename="a.txt", content="lost")
except HTTPError as failed:
    assert failed.code == 500
else:
    raise AssertionError("the upload did not fail")
