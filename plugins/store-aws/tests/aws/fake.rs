//! A fake of AWS Secrets Manager, as strict as the service where moto is not: 20 secrets in a batch, HTTP 400 for what is missing
//! (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/>).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// The account that names without an ARN belong to.
pub(crate) const ACCOUNT: &str = "123456789012";

/// The secrets of a region.
#[derive(Default)]
pub(crate) struct Fake(Mutex<BTreeMap<String, Secret>>);

struct Secret {
    name: String,
    /// From the oldest to the newest: the member that holds the value, and the value.
    versions: Vec<(&'static str, Value)>,
    deleted: bool,
}

type Refusal = (&'static str, String);

/// The ARN of a secret of an account; its end is the same for every name.
pub(crate) fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:secretsmanager:eu-west-1:{account}:secret:{name}-AbCdEf")
}

fn absent() -> Refusal {
    ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.".to_owned())
}

impl Fake {
    /// Puts a secret into any account.
    pub(crate) fn put(&self, account: &str, name: &str, value: &str) {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = Secret { name: name.to_owned(), versions: Vec::new(), deleted: false };
        let secret = secrets.entry(arn(account, name)).or_insert(secret);
        secret.versions.push(("SecretString", json!(value)));
    }

    /// Answers a call: a status and a body.
    pub(crate) fn answer(&self, operation: &str, body: &Value) -> (u16, Value) {
        let answer = match operation {
            "CreateSecret" => Ok(self.write(body["Name"].as_str().unwrap_or_default(), body)),
            "PutSecretValue" => Ok(self.write(body["SecretId"].as_str().unwrap_or_default(), body)),
            "DeleteSecret" => self.delete(body["SecretId"].as_str().unwrap_or_default()),
            "GetSecretValue" => self.get(body),
            "BatchGetSecretValue" => self.batch(body),
            "ListSecrets" => Ok(self.list(body)),
            other => Err(("InvalidAction", other.to_owned())),
        };
        answer.map_or_else(
            |(code, message)| (400, json!({ "__type": code, "message": message })),
            |body| (200, body),
        )
    }

    fn write(&self, name: &str, body: &Value) -> Value {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let arn = arn(ACCOUNT, name);
        let secret = Secret { name: name.to_owned(), versions: Vec::new(), deleted: false };
        let secret = secrets.entry(arn.clone()).or_insert(secret);
        let member = if body["SecretBinary"].is_null() { "SecretString" } else { "SecretBinary" };
        secret.versions.push((member, body[member].clone()));
        json!({ "ARN": arn, "Name": name, "VersionId": format!("version-{}", secret.versions.len()) })
    }

    fn delete(&self, id: &str) -> Result<Value, Refusal> {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = secrets.iter_mut().find(|(key, _)| is_id(id, key)).ok_or_else(absent)?.1;
        secret.deleted = true;
        Ok(json!({}))
    }

    fn get(&self, body: &Value) -> Result<Value, Refusal> {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = body["SecretId"].as_str().unwrap_or_default();
        let (arn, secret) = secrets.iter().find(|(key, _)| is_id(id, key)).ok_or_else(absent)?;
        if secret.deleted {
            let message =
                "You can't perform this operation on the secret because it was marked for deletion.";
            return Err(("InvalidRequestException", message.to_owned()));
        }
        let count = secret.versions.len();
        let at = match (body["VersionId"].as_str(), body["VersionStage"].as_str()) {
            (Some(version), _) => (1..=count).find(|number| format!("version-{number}") == version),
            (None, None | Some("AWSCURRENT")) => Some(count),
            (None, Some("AWSPREVIOUS")) => (count > 1).then(|| count - 1),
            (None, Some(_)) => None,
        };
        let at = at.ok_or_else(|| {
            let message = "Secrets Manager can't find the specified secret value for staging label: x";
            ("ResourceNotFoundException", message.to_owned())
        })?;
        let (member, value) = &secret.versions[at - 1];
        Ok(json!({ "ARN": arn, "Name": secret.name, "VersionId": format!("version-{at}"), *member: value }))
    }

    fn batch(&self, body: &Value) -> Result<Value, Refusal> {
        let ids = body["SecretIdList"].as_array().cloned().unwrap_or_default();
        if ids.is_empty() || ids.len() > 20 {
            return Err(("InvalidParameterException", format!("SecretIdList has {} members", ids.len())));
        }
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        // Backwards: the service promises no order.
        for id in ids.iter().rev() {
            match self.get(&json!({ "SecretId": id })) {
                Ok(secret) if found.contains(&secret) => {}
                Ok(secret) => found.push(secret),
                Err((code, message)) => {
                    errors.push(json!({ "SecretId": id, "ErrorCode": code, "Message": message }))
                }
            }
        }
        Ok(json!({ "SecretValues": found, "Errors": errors }))
    }

    fn list(&self, body: &Value) -> Value {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let start = body["Filters"][0]["Values"][0].as_str().unwrap_or_default();
        let mut names = secrets
            .iter()
            .filter(|(arn, secret)| {
                arn.contains(ACCOUNT) && !secret.deleted && secret.name.starts_with(start)
            })
            .map(|(_, secret)| json!({ "Name": secret.name }))
            .skip(body["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0_usize));
        let size = body["MaxResults"].as_u64().unwrap_or(100) as usize;
        let from = body["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0_usize);
        let page: Vec<Value> = names.by_ref().take(size).collect();
        match names.next() {
            Some(_) => json!({ "SecretList": page, "NextToken": (from + size).to_string() }),
            None => json!({ "SecretList": page }),
        }
    }
}

/// Whether an id means the secret of an ARN: the ARN, the ARN without its end, or the name in our account.
fn is_id(id: &str, key: &str) -> bool {
    if id.starts_with("arn:") { key == id || key == format!("{id}-AbCdEf") } else { key == arn(ACCOUNT, id) }
}
