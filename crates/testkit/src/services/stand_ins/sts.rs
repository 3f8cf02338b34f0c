//! `GetCallerIdentity` of AWS's token service
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>).

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::server::Server;

/// Knows one access key. It reads the signature's head and does not compute the signature anew.
#[derive(Debug)]
pub struct AwsTokenService {
    server: Server,
}

impl AwsTokenService {
    /// Who the holder of the access key is.
    pub const ARN: &str = "arn:aws:iam::123456789012:user/deployer";

    /// Serves it.
    pub fn start(access_key_id: &str) -> Self {
        // Vault asks for `//`.
        let router = Router::new().fallback(post(identity)).with_state(access_key_id.to_owned());
        Self { server: Server::http(router) }
    }

    /// The value for Vault's `sts_endpoint`.
    pub fn address(&self) -> String {
        self.server.url("")
    }
}

async fn identity(State(known): State<String>, headers: HeaderMap, body: String) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let authorization = header("authorization");
    let credential = format!("AWS4-HMAC-SHA256 Credential={known}/");
    let signed = authorization
        .split_once("SignedHeaders=")
        .and_then(|(_, rest)| rest.split_once(','))
        .map_or("", |(names, _)| names);
    let has = |name: &str| signed.split(';').any(|signed| signed == name);
    let is_known = authorization.starts_with(&credential)
        && authorization.contains("/sts/aws4_request")
        && has("host")
        && has("x-amz-date")
        && !header("x-amz-date").is_empty()
        && body == "Action=GetCallerIdentity&Version=2011-06-15";
    let xml = [("content-type", "text/xml")];
    if !is_known {
        let refusal = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                       <Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.\
                       </Message></Error></ErrorResponse>";
        return (StatusCode::FORBIDDEN, xml, refusal).into_response();
    }
    let answer = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{}</Arn><UserId>AIDATESTKIT</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>",
        AwsTokenService::ARN
    );
    (StatusCode::OK, xml, answer).into_response()
}
