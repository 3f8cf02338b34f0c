//! Wrong stores, and the case of the suite that catches each.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use deployer_core::model::SecretName;
use deployer_core::traits::{
    SecretAddress, SecretAnswer, SecretAnswers, SecretRead, SecretStore, StoreCapabilities, WantedSecret,
};
use deployer_core::{Error, Kind, Result, Retry, SecretValue};
use deployer_testkit::contract::{StoreLimit, StoreRig, Support, Trouble, canary, secret_store_contract};
use deployer_testkit::fakes::{MemoryStore, Mishap, Script};

/// The fault of a wrong store, or of a lazy rig.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    RetriesByItself,
    FailsToListWhenDenied,
    HidesAFailedList,
    LowersTheCaseOfAddresses,
    TakesAnyNotFoundForMissing,
    FailsEachSecretOfARejectedLogin,
    TakesAFailureForMissing,
    LogsInForEachRead,
    RevokesNothing,
    LosesTheLastSecret,
    TrimsValues,
    ListsWhatDoesNotExist,
    RepeatsARateLimitAtOnce,
    ShowsAValue,
    HasALazyRig,
    HasARigWithAFalseLimit,
}

struct Wrong {
    fault: Fault,
    inner: Arc<MemoryStore>,
}

impl fmt::Debug for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.fault {
            Fault::ShowsAValue => f.write_str(canary().value()),
            fault => write!(f, "{fault:?}"),
        }
    }
}

impl Wrong {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    async fn once(&self, secrets: &[WantedSecret]) -> Result<SecretAnswers> {
        let fresh = self.inner.another();
        let store = if self.has(Fault::LogsInForEachRead) { &fresh } else { &*self.inner };
        store.reads(secrets)?[0].execute().await
    }

    fn answer(&self, secret: &WantedSecret, answer: SecretAnswer) -> SecretAnswer {
        match answer {
            SecretAnswer::Found { value, .. } if self.has(Fault::TrimsValues) => {
                SecretAnswer::found(trimmed(&value))
            }
            SecretAnswer::Failed(error) => {
                let is_hidden = self.has(Fault::TakesAFailureForMissing)
                    || self.has(Fault::TakesAnyNotFoundForMissing) && error.kind() == Kind::NotFound;
                if is_hidden {
                    return SecretAnswer::missing();
                }
                let error = match error.kind() {
                    Kind::Unauthenticated if self.has(Fault::FailsEachSecretOfARejectedLogin) => {
                        error.context(&secret.name)
                    }
                    Kind::RateLimited if self.has(Fault::RepeatsARateLimitAtOnce) => {
                        error.with_retry(Retry::Soon)
                    }
                    _ => error,
                };
                SecretAnswer::failed(error)
            }
            answer => answer,
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the store spoils a value")]
fn trimmed(value: &SecretValue) -> SecretValue {
    SecretValue::new(value.expose().trim())
}

struct WrongRead<'a> {
    store: &'a Wrong,
    secrets: Vec<WantedSecret>,
}

#[async_trait]
impl SecretRead for WrongRead<'_> {
    fn secrets(&self) -> Vec<&WantedSecret> {
        self.secrets.iter().collect()
    }

    async fn execute(&self) -> Result<SecretAnswers> {
        let mut answers = self.store.once(&self.secrets).await;
        if self.store.has(Fault::RetriesByItself)
            && answers.as_ref().is_err_and(|error| error.retry() == Retry::Soon)
        {
            answers = self.store.once(&self.secrets).await;
        }
        let answers = answers.unwrap_or_else(|error| {
            let failed = |secret: &WantedSecret| (secret.clone(), SecretAnswer::failed(error.clone()));
            self.secrets.iter().map(failed).collect()
        });
        let judged = answers.into_iter().map(|(secret, answer)| {
            let answer = self.store.answer(&secret, answer);
            (secret, answer)
        });
        Ok(judged.collect())
    }
}

#[async_trait]
impl SecretStore for Wrong {
    fn location(&self) -> String {
        self.inner.location()
    }

    fn capabilities(&self) -> StoreCapabilities {
        self.inner.capabilities()
    }

    fn address(&self, secret: &WantedSecret) -> Result<SecretAddress> {
        let name = secret.name.as_str();
        let is_lower = self.has(Fault::LowersTheCaseOfAddresses);
        Ok(SecretAddress::new(if is_lower { name.to_lowercase() } else { name.to_owned() }))
    }

    fn reads<'a>(&'a self, secrets: &[WantedSecret]) -> Result<Vec<Box<dyn SecretRead + 'a>>> {
        let secrets = match secrets {
            [rest @ .., _] if self.has(Fault::LosesTheLastSecret) && rest.len() > 10 => rest,
            secrets => secrets,
        };
        let read = |secrets: &[WantedSecret]| -> Box<dyn SecretRead + 'a> {
            Box::new(WrongRead { store: self, secrets: secrets.to_vec() })
        };
        Ok(secrets.chunks(1).map(read).collect())
    }

    async fn open(&self) -> Result<()> {
        self.inner.open().await
    }

    async fn names(&self) -> Result<Option<Vec<SecretName>>> {
        match self.inner.names().await {
            Ok(None) if self.has(Fault::FailsToListWhenDenied) => {
                Err(Error::new(Kind::Denied, "list secrets"))
            }
            Ok(Some(mut names)) if self.has(Fault::ListsWhatDoesNotExist) => {
                names.push(SecretName::new("contract-none"));
                Ok(Some(names))
            }
            Err(_) if self.has(Fault::HidesAFailedList) => Ok(None),
            names => names,
        }
    }

    async fn close(&self) -> Result<()> {
        if self.has(Fault::RevokesNothing) { Ok(()) } else { self.inner.close().await }
    }
}

struct Rig {
    fault: Fault,
    script: Script,
    store: MemoryStore,
}

impl Rig {
    fn new(fault: Fault) -> Self {
        let script = Script::default();
        Self { fault, store: MemoryStore::new("main", &script), script }
    }
}

#[async_trait]
impl StoreRig for Rig {
    fn store(&self) -> Arc<dyn SecretStore> {
        Arc::new(Wrong { fault: self.fault, inner: Arc::new(self.store.another()) })
    }

    fn limits(&self) -> Vec<(StoreLimit, &'static str)> {
        let is_false = self.fault == Fault::HasARigWithAFalseLimit;
        is_false.then_some((StoreLimit::Denial, "no access rules")).into_iter().collect()
    }

    async fn put(&self, secrets: &[(String, String)]) -> Support {
        secrets.iter().for_each(|(name, value)| self.store.put(name, value));
        Ok(())
    }

    async fn deny(&self, name: &str) -> Support {
        self.store.deny(name);
        Ok(())
    }

    fn trouble(&self, trouble: Trouble) -> Support {
        let (kind, retry) = match trouble {
            _ if self.fault == Fault::HasALazyRig => return Err("there was no time"),
            Trouble::Down | Trouble::Cut | Trouble::Unavailable => (Kind::Unavailable, Retry::Soon),
            Trouble::Silent => (Kind::Timeout, Retry::Soon),
            Trouble::RateLimited => (Kind::RateLimited, Retry::After(Trouble::RETRY_AFTER)),
            Trouble::Html | Trouble::HalfJson => (Kind::Unexpected, Retry::Never),
            Trouble::Unauthenticated => (Kind::Unauthenticated, Retry::Never),
            Trouble::Denied => (Kind::Denied, Retry::Never),
            Trouble::NotFoundPage => (Kind::NotFound, Retry::Never),
        };
        for calls in ["main read *", "main names"] {
            let error = Error::new(kind, "programmed").with_retry(retry);
            self.script.on(calls, usize::MAX, Mishap::Fail(error));
        }
        Ok(())
    }

    fn mend(&self) {
        self.script.mend();
    }

    fn requests(&self) -> Option<usize> {
        Some(self.script.calls().len())
    }

    fn logins(&self) -> Option<usize> {
        Some(self.store.logins())
    }

    fn left_behind(&self) -> Option<usize> {
        Some(self.store.left_behind())
    }

    fn credentials(&self) -> Vec<String> {
        Vec::new()
    }
}

#[tokio::test]
async fn each_wrong_store_is_caught_by_the_case_that_names_its_fault() {
    let table = [
        (Fault::RetriesByItself, "a store sends each request once"),
        (Fault::FailsToListWhenDenied, "a denied list is no failure"),
        (Fault::HidesAFailedList, "a failed list is a failure"),
        (Fault::LowersTheCaseOfAddresses, "two secrets have two addresses"),
        (Fault::TakesAnyNotFoundForMissing, "trouble NotFoundPage is classified"),
        (Fault::FailsEachSecretOfARejectedLogin, "a rejected login is one error"),
        (Fault::TakesAFailureForMissing, "answers are independent of each other"),
        (Fault::LogsInForEachRead, "a store logs in once"),
        (Fault::RevokesNothing, "close revokes what was created"),
        (Fault::LosesTheLastSecret, "every secret is in one read"),
        (Fault::TrimsValues, "values are returned byte for byte"),
        (Fault::ListsWhatDoesNotExist, "names are those of existing secrets"),
        (Fault::RepeatsARateLimitAtOnce, "trouble RateLimited is classified"),
        (Fault::ShowsAValue, "trouble Down is classified"),
        (Fault::HasALazyRig, "trouble Down is classified"),
        (Fault::HasARigWithAFalseLimit, "answers are independent of each other"),
    ];
    let mut caught = BTreeSet::new();
    for (fault, case) in table {
        let suite = tokio::spawn(async move { secret_store_contract(&Rig::new(fault)).await });
        let panic = suite.await.expect_err("the suite passes a wrong store").into_panic();
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.starts_with(&format!("{case}: ")), "{fault:?}: {message}");
        caught.insert(format!("{fault:?}"));
    }
    assert_eq!(caught.len(), table.len(), "each fault once");
}
