//! The four calls that a report needs, of Slack's Web API (<https://docs.slack.dev/reference/methods>), all by POST.

use std::fmt;

use deployer_core::plugin::{Context, Credential};
use deployer_core::{Error, Kind, Result, SecretValue};
use deployer_http::{Client, Endpoint, Request, Response};
use serde::Deserialize;
use slack_morphism::prelude::{
    SlackApiChatPostMessageRequest, SlackApiFilesComplete, SlackApiFilesCompleteUploadExternalRequest,
    SlackApiFilesGetUploadUrlExternalResponse, SlackChannelId, SlackMessageContent, SlackTs, ValueStruct,
};

use crate::errors;
use crate::settings::Settings;

/// Slack's Web API and its token.
pub(crate) struct Api {
    client: Client,
    endpoint: Endpoint,
    token: SecretValue,
}

/// Where a message was posted. Files are shared only by the id of a channel, which this answer has for a channel's name too.
#[derive(Deserialize)]
pub(crate) struct Posted {
    channel: SlackChannelId,
    /// The time stamp, which is the message's id.
    ts: SlackTs,
}

/// An upload address that was reserved for a file.
pub(crate) type Place = SlackApiFilesGetUploadUrlExternalResponse;

impl Api {
    /// Takes the settings; opens no connection.
    pub(crate) fn new(settings: &Settings, token: &Credential, context: &Context) -> Result<Self> {
        Ok(Self {
            client: Client::new(context, &settings.http)?,
            endpoint: Endpoint::parse(&settings.api_url, settings.http.allow_http)?,
            token: token.resolve(context)?,
        })
    }

    /// `chat.postMessage`.
    pub(crate) async fn post(&self, channel: &str, content: SlackMessageContent) -> Result<Posted> {
        let channel = SlackChannelId::new(channel.to_owned());
        let message = SlackApiChatPostMessageRequest::new(channel, content).with_unfurl_links(false);
        let request = self.method("chat.postMessage").json(&message)?;
        self.call("post the message", request).await?.json("the posted message")
    }

    /// `files.getUploadURLExternal`: reserves an upload address for a file of some size.
    pub(crate) async fn reserve(&self, filename: &str, length: usize) -> Result<Place> {
        let length = length.to_string();
        let request =
            self.method("files.getUploadURLExternal").form([("filename", filename), ("length", &length)])?;
        self.call("reserve a place for the diff", request).await?.json("the place for the diff")
    }

    /// Sends the bytes to the upload address. It works without a token, so it is never shown.
    pub(crate) async fn upload(&self, place: &Place, content: &[u8]) -> Result<()> {
        let url = place.upload_url.value().clone();
        if url.scheme() != "https" && url.scheme() != self.endpoint.url(&[]).scheme() {
            return Err(Error::new(Kind::Unexpected, "send the diff")
                .with_cause("Slack gave an upload address that is not https://"));
        }
        let request = Request::post(url)
            .shown_as("POST to the place that Slack named")
            .body(content.to_vec(), "application/octet-stream")?;
        let response = self.client.send(request).await.map_err(|error| error.context("send the diff"))?;
        errors::check_status("send the diff", &response)
    }

    /// `files.completeUploadExternal`: shows the file in the channel of a message, in its thread or as a message of its own.
    pub(crate) async fn complete(
        &self,
        place: Place,
        title: String,
        posted: Posted,
        thread: bool,
    ) -> Result<()> {
        let file = SlackApiFilesComplete::new(place.file_id).with_title(title);
        let completion = SlackApiFilesCompleteUploadExternalRequest::new(vec![file])
            .with_channel_id(posted.channel)
            .opt_thread_ts(thread.then_some(posted.ts));
        let request = self.method("files.completeUploadExternal").json(&completion)?;
        self.call("share the diff", request).await.map(drop)
    }

    fn method(&self, name: &str) -> Request {
        Request::post(self.endpoint.url(&[name]))
    }

    async fn call(&self, attempted: &str, request: Request) -> Result<Response> {
        let answer = self.client.send(request.bearer(&self.token)?).await;
        let response = answer.map_err(|error| error.context(attempted))?;
        errors::check(attempted, &response)?;
        Ok(response)
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Api({})", self.endpoint)
    }
}
