//! The whole program, killed a hundred times under load: what a caller was told is there after the
//! start that follows, nothing is there that nobody sent, and what was sent again counts once.
//!
//! `memory::tests::kill` does the same to the memory alone, batch by batch. Here callers route, decide,
//! stream and judge at once over gRPC; the books hold what each was told. The moment of the kill is so
//! many answers after the start, by a seed; now and then it comes while the program still starts.

use crate::process::{Server, Starting, simulated, write};
use futures_util::future::join_all;
use pointsman::proto::{
    Chat, DecideRequest, FeedbackRequest, GetDecisionRequest, GetDecisionResponse,
    GetStatisticsRequest, ListDecisionsRequest, OutcomeStatus, RouteRequest, RouteStreamRequest,
    admin_service_client::AdminServiceClient, feedback_request::Judgement,
    route_stream_response::Event, router_service_client::RouterServiceClient,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};
use tokio::sync::Notify;
use tonic::{Status, transport::Channel};

const ROUNDS: u64 = 100;
const CALLERS: u64 = 6;
/// Answers in a round before the kill, at most.
const MOST_ANSWERS: u64 = 40;

type Router = RouterServiceClient<Channel>;
type Admin = AdminServiceClient<Channel>;

/// Deterministic noise.
fn noise(n: u64) -> u64 {
    let mixed = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
}

/// What the callers were told of one decision.
#[derive(Clone, Default, Debug)]
struct Told {
    request_id: String,
    arm: String,
    /// The arm that served, where an answer came.
    served_by: Option<String>,
    /// Judgements by rater, each of its own quality: sent, and acknowledged or not.
    judged: BTreeMap<String, (f64, bool)>,
}

/// What was sent and what was told, over all rounds.
#[derive(Default)]
struct Books {
    sent: HashSet<String>,
    told: BTreeMap<String, Told>,
    /// Decisions of this round, and those judged in it.
    touched: BTreeSet<String>,
    answers: u64,
}

/// The books, and a bell that rings at each answer.
#[derive(Default)]
struct Office {
    books: Mutex<Books>,
    bell: Notify,
}

impl Office {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    fn answered(&self, write: impl FnOnce(&mut Books)) {
        let mut books = self.books();
        write(&mut books);
        books.answers += 1;
        self.bell.notify_one();
    }

    async fn answers(&self, wanted: u64) {
        while self.books().answers < wanted {
            self.bell.notified().await;
        }
    }
}

/// One caller, until the server is gone.
async fn call(office: Arc<Office>, mut router: Router, round: u64, caller: u64) {
    for step in 0.. {
        let name = format!("{round}-{caller}-{step}");
        let chance = noise(round * 7919 + caller * 104_729 + step);
        let done = match chance % 5 {
            0 | 1 => route(&office, &mut router, &name).await,
            2 => stream(&office, &mut router, &name).await,
            3 => decide(&office, &mut router, &name).await,
            _ => judge_any(&office, &mut router, &name, chance / 5).await,
        };
        if done.is_err() {
            return;
        }
    }
}

fn chat(name: &str) -> Option<Chat> {
    let topics = ["rivers", "proofs", "poems about rain", "a Rust function"];
    let topic = topics[name.len() % topics.len()];
    Some(Chat {
        prompt: Some(format!("Tell me of {topic}, please, number {name}.")),
        ..Chat::default()
    })
}

async fn route(office: &Office, router: &mut Router, name: &str) -> Result<(), Status> {
    office.books().sent.insert(name.to_owned());
    let request = RouteRequest {
        chat: chat(name),
        request_id: Some(name.to_owned()),
        ..RouteRequest::default()
    };
    let answer = router.route(request).await?.into_inner();
    let decision = answer.decision.unwrap();
    let served_by = answer.outcome.unwrap().served_by;
    assert!(served_by.is_some());
    office.answered(|books| books.note(name, decision.id.clone(), decision.arm, served_by));
    judge(office, router, &decision.id, name).await
}

async fn decide(office: &Office, router: &mut Router, name: &str) -> Result<(), Status> {
    office.books().sent.insert(name.to_owned());
    let request = DecideRequest {
        chat: chat(name),
        request_id: Some(name.to_owned()),
        ..DecideRequest::default()
    };
    let decision = router.decide(request).await?.into_inner().decision.unwrap();
    office.answered(|books| books.note(name, decision.id, decision.arm, None));
    Ok(())
}

/// A stream has told all when its last event has come; its decision alone is no promise yet.
async fn stream(office: &Office, router: &mut Router, name: &str) -> Result<(), Status> {
    office.books().sent.insert(name.to_owned());
    let request = RouteStreamRequest {
        chat: chat(name),
        request_id: Some(name.to_owned()),
        ..RouteStreamRequest::default()
    };
    let mut events = router.route_stream(request).await?.into_inner();
    let mut decision = None;
    while let Some(event) = events.message().await? {
        match event.event {
            Some(Event::Decision(made)) => decision = Some(made),
            Some(Event::Completed(completed)) => {
                let decision = decision.take().unwrap();
                let served_by = completed.outcome.unwrap().served_by;
                office.answered(|books| books.note(name, decision.id, decision.arm, served_by));
            }
            Some(Event::Failed(failed)) => panic!("{}", failed.message),
            _ => {}
        }
    }
    Ok(())
}

/// Judges some decision, often one of an earlier round.
async fn judge_any(
    office: &Office,
    router: &mut Router,
    name: &str,
    chance: u64,
) -> Result<(), Status> {
    let any = {
        let books = office.books();
        let at = chance as usize % books.told.len().max(1);
        books.told.keys().nth(at).cloned()
    };
    match any {
        Some(id) => judge(office, router, &id, name).await,
        None => Ok(()),
    }
}

/// Judges as a rater of its own, so that each judgement stands beside the others.
async fn judge(office: &Office, router: &mut Router, id: &str, name: &str) -> Result<(), Status> {
    let hash = name
        .bytes()
        .fold(0_u64, |n, byte| n.wrapping_mul(31) + u64::from(byte));
    let quality = noise(hash) as f64 / (1_u64 << 24) as f64;
    office.books().judging(id, name, quality);
    send(router, id, name, quality).await?;
    office.answered(|books| books.judged(id, name));
    Ok(())
}

/// True where the server says that it has had this judgement.
async fn send(router: &mut Router, id: &str, name: &str, quality: f64) -> Result<bool, Status> {
    let request = FeedbackRequest {
        decision_id: id.to_owned(),
        judgement: Some(Judgement::Quality(quality)),
        rater: Some(name.to_owned()),
        request_id: Some(name.to_owned()),
        ..FeedbackRequest::default()
    };
    let accepted = router.feedback(request).await?.into_inner();
    assert!(accepted.applied != accepted.duplicate && !accepted.replaced);
    Ok(accepted.duplicate)
}

impl Books {
    fn note(&mut self, request_id: &str, id: String, arm: String, served_by: Option<String>) {
        self.touched.insert(id.clone());
        let told = self.told.entry(id).or_default();
        told.request_id = request_id.to_owned();
        told.arm = arm;
        told.served_by = served_by;
    }

    fn judging(&mut self, id: &str, rater: &str, quality: f64) {
        self.touched.insert(id.to_owned());
        let told = self.told.get_mut(id).unwrap();
        told.judged.insert(rater.to_owned(), (quality, false));
    }

    fn judged(&mut self, id: &str, rater: &str) {
        let told = self.told.get_mut(id).unwrap();
        told.judged.get_mut(rater).unwrap().1 = true;
    }
}

/// Compares one decision as it is kept with what was told of it.
fn compare(id: &str, told: &Told, kept: &GetDecisionResponse) {
    let decision = kept.decision.as_ref().unwrap();
    assert_eq!(decision.request_id(), told.request_id, "{id}");
    assert_eq!(decision.arm, told.arm, "{id}");
    if told.served_by.is_some() {
        let outcome = kept.outcome.as_ref();
        let outcome = outcome.unwrap_or_else(|| panic!("{id}: its outcome is lost"));
        assert_eq!(outcome.status(), OutcomeStatus::Completed, "{id}");
        assert_eq!(outcome.served_by, told.served_by, "{id}");
    }
    let mut found = BTreeSet::new();
    for feedback in &kept.feedback {
        let rater = &feedback.source;
        let (quality, _) = told.judged[rater];
        assert_eq!(feedback.quality, Some(quality), "{id} {rater}");
        assert!(found.insert(rater), "{id}: {rater} stands twice");
    }
    for (rater, (_, acknowledged)) in &told.judged {
        let lost = *acknowledged && !found.contains(rater);
        assert!(!lost, "{id}: the judgement {rater} is lost");
    }
}

async fn kept(admin: &mut Admin, id: &str) -> GetDecisionResponse {
    let decision_id = id.to_owned();
    let answer = admin.get_decision(GetDecisionRequest { decision_id }).await;
    answer.unwrap().into_inner()
}

/// All decisions that the memory holds and the books do not, newest first.
async fn unknown(admin: &mut Admin, books: &Books) -> Vec<String> {
    let mut unknown = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListDecisionsRequest {
            page_size: 100,
            page_token,
            ..ListDecisionsRequest::default()
        };
        let page = admin.list_decisions(request).await.unwrap().into_inner();
        let ids: Vec<String> = page.decisions.into_iter().map(|one| one.id).collect();
        let old = ids.iter().filter(|id| books.told.contains_key(*id));
        let old = old.filter(|id| !books.touched.contains(*id)).count();
        let new = ids.into_iter().filter(|id| !books.told.contains_key(id));
        unknown.extend(new);
        // Pages go back in time: behind a page of old rounds there are only older ones.
        if page.next_page_token.is_empty() || old == 100 {
            return unknown;
        }
        page_token = page.next_page_token;
    }
}

/// After a kill: compares what this round touched, takes in what was written without a word, and
/// sends again what was not acknowledged.
async fn settle(office: &Office, router: &mut Router, admin: &mut Admin) {
    let mut books = std::mem::take(&mut *office.books());
    for id in unknown(admin, &books).await {
        let found = kept(admin, &id).await;
        let decision = found.decision.as_ref().unwrap();
        let request_id = decision.request_id().to_owned();
        assert!(books.sent.contains(&request_id), "{id} was never sent");
        let served_by = found.outcome.as_ref().and_then(|one| one.served_by.clone());
        books.note(&request_id, id.clone(), decision.arm.clone(), served_by);
    }
    for id in std::mem::take(&mut books.touched) {
        let told = books.told.get_mut(&id).unwrap();
        compare(&id, told, &kept(admin, &id).await);
        for (rater, (quality, acknowledged)) in &mut told.judged {
            let had = send_again(router, &id, rater, *quality, *acknowledged).await;
            assert!(had || !*acknowledged, "{id}: {rater} was taken twice");
            *acknowledged = true;
        }
    }
    let ids: HashSet<&String> = books.told.values().map(|told| &told.request_id).collect();
    assert_eq!(ids.len(), books.told.len(), "a request has two decisions");
    books.answers = 0;
    *office.books() = books;
}

/// What was acknowledged need not be asked again each time; a few are.
async fn send_again(
    router: &mut Router,
    id: &str,
    rater: &str,
    quality: f64,
    acknowledged: bool,
) -> bool {
    if acknowledged && !rater.ends_with('0') {
        return true;
    }
    send(router, id, rater, quality).await.unwrap()
}

/// One life of the server: load, kill.
async fn live(office: &Arc<Office>, server: Server, round: u64) {
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let (router, _) = server.clients().await;
        callers.push(tokio::spawn(call(
            Arc::clone(office),
            router,
            round,
            caller,
        )));
    }
    office.answers(noise(round) % MOST_ANSWERS).await;
    server.kill();
    for caller in join_all(callers).await {
        caller.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_kills_under_load_lose_nothing_told_and_invent_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let config = write(
        directory.path(),
        &simulated(&directory.path().join("memory"), ""),
    );
    let office = Arc::new(Office::default());
    for round in 0..ROUNDS {
        if round % 10 == 9 {
            // Killed while it starts: the memory is open, the doors are not.
            let starting = Starting::new(&config);
            let said = starting.words.iter().find(|line| line.contains("memory"));
            assert!(said.is_some());
            starting.kill();
        }
        let server = Server::start(&config);
        let (mut router, mut admin) = server.clients().await;
        settle(&office, &mut router, &mut admin).await;
        live(&office, server, round).await;
    }
    let server = Server::start(&config);
    let (mut router, mut admin) = server.clients().await;
    settle(&office, &mut router, &mut admin).await;
    whole(&office, &mut admin).await;
    assert_eq!(server.terminate(), Some(0));
}

/// At the end all of it, and the sums.
async fn whole(office: &Office, admin: &mut Admin) {
    let books = std::mem::take(&mut *office.books());
    let (mut answered, mut judged) = (0, 0);
    for (id, told) in &books.told {
        let kept = kept(admin, id).await;
        compare(id, told, &kept);
        answered += u64::from(kept.outcome.is_some());
        judged += kept.feedback.len() as u64;
    }
    let statistics = admin.get_statistics(GetStatisticsRequest::default()).await;
    let statistics = statistics.unwrap().into_inner().statistics.unwrap();
    let total = statistics.total.unwrap();
    assert_eq!((total.requests, statistics.judgements), (answered, judged));
    assert!(books.told.len() > 1000, "{} decisions", books.told.len());
    println!("{} decisions, {judged} judgements", books.told.len());
}
