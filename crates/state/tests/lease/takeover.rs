//! A replica is killed while it deploys: how long another one takes to take over, for every second of the kill and of the looks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use deployer_state::{Attempt, Clock, Lease, Ledger, StoredLease, Terms};
use deployer_watch::{Replicas, Sign, shares};

use crate::memory::{Manual, Memory, holder};

/// Between two signs of life, two looks, and two renewals.
const INTERVAL: u64 = 15;

/// A deployment that the replica `killed` serves.
fn deployments() -> BTreeSet<String> {
    let served = |name: &String| {
        let all = BTreeSet::from([name.clone()]);
        shares(&BTreeMap::from([("killed", &all), ("other", &all)]))[name] == "killed"
    };
    (0..).map(|number| format!("deployment-{number}")).filter(served).take(1).collect()
}

/// The seconds from the kill to the takeover. `looks` says whether the other replica looks at the lease while the first one deploys.
async fn takeover(kill: u64, look: u64, renewal: u64, looks: bool) -> u64 {
    let (place, clock, ledger) =
        (Arc::new(Memory::default()), Arc::new(Manual::default()), Ledger::default());
    let lease = |id| {
        StoredLease::new(place.clone(), clock.clone(), "lease", "https://node", holder(id), Terms::default())
    };
    let (killed, looking) = (lease("killed"), lease("nobody").with_ledger(ledger.clone()));
    let other = lease("other").with_ledger(ledger);
    let (deployments, mut replicas) = (deployments(), Replicas::new("other", Terms::default().renewal()));
    let (mut sequence, mut serves) = (0, false);
    killed.acquire().await.unwrap();
    for second in 0..1000 {
        if second <= kill && second % INTERVAL == 0 {
            sequence += 1;
        }
        if second <= kill && second % INTERVAL == renewal {
            killed.renew().await.unwrap();
        }
        if second % INTERVAL == look {
            let now = clock.now();
            replicas.saw(
                now,
                BTreeMap::from([("killed".to_owned(), Sign { sequence, deployments: deployments.clone() })]),
            );
            replicas.joined(now);
            serves = replicas.shares(now, &deployments).values().all(|id| id == "other");
            assert!(!serves || second > kill, "the first one serves it while it runs");
            if looks && !serves {
                looking.inspect().await.unwrap();
            }
        }
        if serves && matches!(other.acquire().await.unwrap(), Attempt::Held(_)) {
            assert_eq!(killed.remaining(), None, "never two writers");
            return second - kill;
        }
        clock.pass(1);
    }
    panic!("nobody takes over");
}

/// The shortest and the longest takeover.
async fn takeovers(looks: bool) -> (u64, u64) {
    let (mut shortest, mut longest) = (u64::MAX, 0);
    for kill in 100..100 + INTERVAL {
        for look in 0..INTERVAL {
            for renewal in (0..INTERVAL).step_by(7) {
                let took = takeover(kill, look, renewal, looks).await;
                (shortest, longest) = (shortest.min(took), longest.max(took));
            }
        }
    }
    (shortest, longest)
}

#[tokio::test]
async fn a_takeover_takes_one_count_of_the_lease_and_one_look() {
    let count = Terms::default().takeover().as_secs();
    let (shortest, longest) = takeovers(true).await;
    println!("{shortest} to {longest} s");
    assert!(longest <= count + INTERVAL, "{longest} s");
    let (_, longest) = takeovers(false).await;
    println!("without looks up to {longest} s");
    assert!(longest > count + 3 * INTERVAL, "the looks matter: {longest} s");
}
