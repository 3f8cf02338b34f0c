//! Replicas that are paused for minutes, over a place that is slow and loses answers, in simulated time. A *stale act* is a write of an
//! older epoch that reaches the node after one of a newer epoch.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::memory::{Memory, holder, no_answer};
use async_trait::async_trait;
use deployer_core::Result;
use deployer_core::traits::{LeasePlace, PutCondition, PutOutcome, StoredObject};
use deployer_state::{Attempt, Clock, Lease, Renewal, StoredLease, Terms};
use fastrand::Rng;
use tokio::time::{Instant, sleep, sleep_until, timeout};

const REPLICAS: u64 = 3;
const LENGTH: Duration = Duration::from_secs(20 * 60);
const MEAN_PAUSE: f64 = 60.0;
const LONGEST_PAUSE: f64 = 300.0;
const MEAN_BETWEEN_PAUSES: f64 = 240.0;

/// A machine of the simulation: its clock drifts, and it stops during pauses.
struct Machine {
    start: Instant,
    offset: Duration,
    drift: f64,
    pauses: Vec<(Duration, Duration)>,
    rng: Mutex<Rng>,
}

impl Machine {
    fn new(start: Instant, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut pauses = Vec::new();
        let mut time = Duration::ZERO;
        while time < LENGTH {
            let from = time + exponential(&mut rng, MEAN_BETWEEN_PAUSES);
            time = from + exponential(&mut rng, MEAN_PAUSE).min(Duration::from_secs_f64(LONGEST_PAUSE));
            pauses.push((from, time));
        }
        let offset = Duration::from_secs(rng.u64(0..1_000_000));
        let drift = 1.0 + (rng.f64() - 0.5) * 0.002;
        Self { start, offset, drift, pauses, rng: Mutex::new(rng) }
    }

    /// Waits until a moment, and then until the machine runs.
    async fn awake_at(&self, moment: Instant) {
        let at = moment - self.start;
        let pause = self.pauses.iter().find(|(from, to)| (*from..*to).contains(&at));
        sleep_until(pause.map_or(moment, |(_, to)| self.start + *to)).await;
    }

    async fn wait(&self, time: Duration) {
        self.awake_at(Instant::now() + time).await;
    }

    fn random<T>(&self, draw: impl FnOnce(&mut Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap())
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Machine")
    }
}

impl Clock for Machine {
    fn now(&self) -> Duration {
        self.offset + self.start.elapsed().mul_f64(self.drift)
    }
}

/// The way of one machine to the shared place.
#[derive(Debug)]
struct Remote {
    machine: Arc<Machine>,
    place: Arc<Memory>,
}

impl Remote {
    /// Sends a request: it takes effect on the way, also while the machine is paused. One answer in a hundred is lost.
    async fn request<T>(&self, effect: impl FnOnce(&Memory) -> T + Send) -> Result<T> {
        let latency = self.machine.random(|rng| exponential(rng, 0.05)).min(Duration::from_secs(3));
        let is_lost = self.machine.random(|rng| rng.u32(0..100)) == 0;
        sleep(latency / 2).await;
        let answer = effect(&self.place);
        let answer_after = if is_lost { Duration::from_secs(5) } else { latency / 2 };
        self.machine.wait(answer_after).await;
        if is_lost { Err(no_answer()) } else { Ok(answer) }
    }
}

#[async_trait]
impl LeasePlace for Remote {
    fn location(&self) -> String {
        self.place.location()
    }

    async fn get(&self, name: &str) -> Result<Option<StoredObject>> {
        self.request(|place| place.read(name)).await
    }

    async fn put(&self, name: &str, content: Vec<u8>, condition: PutCondition) -> Result<PutOutcome> {
        self.request(|place| place.write(name, content, &condition)).await
    }
}

/// The writes that reach the node: when, and of which epoch.
#[derive(Default)]
struct Node {
    writes: RefCell<Vec<(Instant, u64)>>,
    takeovers: Cell<u64>,
}

impl Node {
    fn stale_acts(&self) -> usize {
        let mut writes = self.writes.borrow_mut();
        writes.sort();
        let mut newest = 0;
        let stale = writes.iter().filter(|(_, epoch)| {
            newest = newest.max(*epoch);
            *epoch < newest
        });
        stale.count()
    }
}

/// Acquires the lease again and again, and writes to the node as long as it is valid.
async fn replica(machine: &Machine, lease: &StoredLease, node: &Node, checks: bool) {
    loop {
        let Ok(Attempt::Held(epoch)) = lease.acquire().await else {
            machine.wait(Duration::from_secs(5)).await;
            continue;
        };
        node.takeovers.set(node.takeovers.get().max(epoch));
        let write = async {
            while !checks || lease.remaining().is_some() {
                // The time between the check and the request.
                machine.wait(Duration::from_millis(1)).await;
                let is_late = machine.random(|rng| rng.u32(0..100)) == 0;
                let delay = machine.random(|rng| if is_late { rng.f64() * 30.0 } else { 0.05 });
                node.writes.borrow_mut().push((Instant::now() + Duration::from_secs_f64(delay), epoch));
                machine.wait(Duration::from_secs(1)).await;
            }
        };
        let renew = async {
            loop {
                machine.wait(Terms::default().renewal()).await;
                if let Ok(Renewal::Lost(_)) = lease.renew().await {
                    break;
                }
            }
        };
        tokio::select! { biased; () = write => {}, () = renew => {} }
    }
}

fn exponential(rng: &mut Rng, mean: f64) -> Duration {
    Duration::from_secs_f64(-mean * (1.0 - rng.f64()).ln())
}

/// The stale acts and the epochs of one schedule.
async fn schedule(seed: u64, checks: bool) -> (usize, u64) {
    let (start, place, node) = (Instant::now(), Arc::new(Memory::default()), Node::default());
    let replicas = (0..REPLICAS).map(|number| {
        let machine = Arc::new(Machine::new(start, seed * REPLICAS + number));
        let remote = Arc::new(Remote { machine: machine.clone(), place: place.clone() });
        let holder = holder(&number.to_string());
        let lease =
            StoredLease::new(remote, machine.clone(), "lease", "https://node", holder, Terms::default());
        (machine, lease)
    });
    let replicas: Vec<_> = replicas.collect();
    let run = |number: usize| replica(&replicas[number].0, &replicas[number].1, &node, checks);
    let all = async { tokio::join!(run(0), run(1), run(2)) };
    assert!(timeout(LENGTH, all).await.is_err(), "replicas run until the end");
    (node.stale_acts(), node.takeovers.get())
}

async fn schedules(count: u64, checks: bool) -> (usize, u64) {
    let (mut stale, mut epochs) = (0, 0);
    for seed in 0..count {
        let (more_stale, more_epochs) = schedule(seed, checks).await;
        stale += more_stale;
        epochs += more_epochs;
    }
    (stale, epochs)
}

#[tokio::test(start_paused = true)]
async fn at_most_three_stale_acts_happen_in_a_thousand_schedules() {
    let (stale, epochs) = schedules(1000, true).await;
    println!("{stale} stale acts, {epochs} epochs");
    assert!(epochs > 1500, "takeovers happen: {epochs} epochs");
    assert!(stale <= 3, "{stale} stale acts");
}

#[tokio::test(start_paused = true)]
async fn the_simulation_finds_holders_that_do_not_check_their_lease() {
    let (stale, epochs) = schedules(50, false).await;
    println!("{stale} stale acts, {epochs} epochs");
    assert!(stale > 20, "{stale} stale acts");
}
