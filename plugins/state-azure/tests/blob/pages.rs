//! A list of several pages.

use deployer_core::traits::{PutCondition, PutOutcome};
use deployer_testkit::axum::extract::Request;
use deployer_testkit::axum::http::Uri;
use deployer_testkit::axum::middleware::{self, Next};
use deployer_testkit::server::Server;
use deployer_testkit::services::{azurite::Azurite, or_skip, same_host};

use super::rig::place;

/// How many blobs a page has.
const PAGE: usize = 10;
const COUNT: usize = 25;

/// A proxy that asks for small pages. The signature of a request covers its query: lists get another proof of who asks.
fn small_pages(azurite: &Azurite) -> Server {
    let more = format!("maxresults={PAGE}&{}", azurite.shared_access());
    let change = move |mut request: Request, next: Next| {
        let more = more.clone();
        async move {
            let uri = request.uri().to_string();
            if request.method().as_str() == "GET" && uri.contains("comp=list") {
                *request.uri_mut() = format!("{uri}&{more}").parse::<Uri>().expect("an address");
                request.headers_mut().remove("authorization");
            }
            next.run(request).await
        }
    };
    Server::http(same_host(azurite.url()).layer(middleware::from_fn(change)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_several_pages_is_whole() {
    let Some(azurite) = or_skip("pages of Azurite", Azurite::start(&["state"]).await) else { return };
    let proxy = small_pages(&azurite);
    let place = place(&proxy.url(""), "state", "", azurite.key());
    let names: Vec<String> = (0..COUNT).map(|number| format!("page-{number:02}")).collect();
    for name in &names {
        let put = place.put(name, b"x".to_vec(), PutCondition::Absent).await;
        assert!(matches!(put, Ok(PutOutcome::Stored(_))), "{put:?}");
    }
    proxy.log().clear();
    assert_eq!(place.list("page-").await.expect("it can be listed"), names);
    let lists = proxy.log().entries().iter().filter(|entry| entry.path.contains("comp=list")).count();
    assert_eq!(lists, COUNT.div_ceil(PAGE), "one request per page");
}
