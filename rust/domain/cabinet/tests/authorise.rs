//! Who may charge: cards that wait, a CSMS that is away, cars that are known by themselves.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::{StopReason, Verdict},
    session::AuthorisedBy,
    state::{Authorisation, Phase},
    tokens::{CsmsReach, LocalList, Token},
};
use cabinet::{Command, CommandError, Input};
use config::{Config, Offline};
use units::{IdTag, Milliamps};
use world::{World, connector};

const AMPS: Milliamps = Milliamps::from_amps(50);

fn seconds(s: u64) -> Duration {
    Duration::from_secs(s)
}

fn tag(text: &str) -> IdTag {
    IdTag::new(text).unwrap()
}

fn with(change: impl Fn(&mut Config)) -> World {
    let mut config = world::config();
    change(&mut config);
    World::with(config)
}

fn waits(world: &mut World, id: u8) {
    world.plug_in(id, AMPS, None);
    world.until(id, Phase::Authorising, seconds(10));
}

/// What is asked of the CSMS.
fn asked(world: &World, id: u8) -> Option<(String, IdTag)> {
    match world.view(id).authorisation {
        Authorisation::Pending { request_id, id_tag } => Some((request_id, id_tag)),
        _ => None,
    }
}

fn answer(world: &mut World, id: u8, verdict: Verdict, group: Option<IdTag>) {
    let (request_id, _) = asked(world, id).unwrap();
    world.tell(Input::Command(Command::Authorise { request_id, verdict, group, expires_ms: None }));
}

/// Who was let in, and on whose word.
fn granted(world: &World, id: u8) -> Option<(IdTag, AuthorisedBy)> {
    match world.view(id).authorisation {
        Authorisation::Granted { id_tag, by } => Some((id_tag, by)),
        _ => None,
    }
}

fn refused(world: &World, id: u8) -> Option<Verdict> {
    match world.view(id).authorisation {
        Authorisation::Refused { verdict, .. } => Some(verdict),
        _ => None,
    }
}

/// A cabinet whose CSMS has said these words about cards, and is away now.
fn alone(words: &[(&str, Verdict)], rule: Offline) -> World {
    let mut world = with(|config| config.authorisation.offline = rule);
    waits(&mut world, 1);
    for (card, verdict) in words {
        world.tell(Input::Card(tag(card)));
        answer(&mut world, 1, *verdict, None);
    }
    world.unplug(1);
    world.run(seconds(5));
    world.tell(Input::Csms(CsmsReach::Offline));
    waits(&mut world, 1);
    world
}

fn list(world: &mut World, version: i32, tokens: &[(&str, Verdict)]) -> Result<(), CommandError> {
    let token = |(tag_of, verdict): &(&str, Verdict)| Token {
        id_tag: tag(tag_of),
        verdict: *verdict,
        group: None,
        expires_ms: None,
    };
    let command = Command::LocalList(LocalList { version, tokens: tokens.iter().map(token).collect() });
    world.cabinet.check(&command)?;
    world.tell(Input::Command(command));
    Ok(())
}

#[test]
fn several_cards_wait_and_each_car_takes_the_oldest() {
    let mut world = World::new();
    world.tell(Input::Card(tag("FIRST")));
    world.tell(Input::Card(tag("SECOND")));
    world.tell(Input::Card(tag("FIRST")));
    waits(&mut world, 2);
    assert_eq!(asked(&world, 2).unwrap().1, tag("SECOND"));
    waits(&mut world, 1);
    assert_eq!(asked(&world, 1).unwrap().1, tag("FIRST"));
}

#[test]
fn two_starts_from_afar_wait_beside_each_other() {
    let mut world = World::new();
    for id in [1, 2] {
        let (command_id, id_tag) = (format!("c{id}"), tag(&format!("AFAR{id}")));
        let connector = connector(id);
        world.tell(Input::Command(Command::Start { command_id, connector, id_tag, profile: None }));
    }
    world.plug_in(2, AMPS, None);
    world.plug_in(1, AMPS, None);
    for id in [1, 2] {
        world.until(id, Phase::Charging, seconds(30));
        assert_eq!(granted(&world, id).unwrap(), (tag(&format!("AFAR{id}")), AuthorisedBy::Remote));
    }
}

#[test]
fn one_tag_may_start_two_connectors_from_afar() {
    let mut world = World::new();
    for id in [1, 2] {
        let connector = connector(id);
        let start = Command::Start { command_id: format!("c{id}"), connector, id_tag: tag("FLEET"), profile: None };
        world.tell(Input::Command(start));
    }
    world.tell(Input::Card(tag("FLEET")));
    for id in [1, 2] {
        world.plug_in(id, AMPS, None);
        world.until(id, Phase::Charging, seconds(30));
        assert_eq!(granted(&world, id), Some((tag("FLEET"), AuthorisedBy::Remote)), "connector {id}");
    }
}

#[test]
fn after_a_fault_the_card_is_good_elsewhere() {
    let mut world = World::new();
    waits(&mut world, 1);
    world.tell(Input::Card(tag("CARD")));
    answer(&mut world, 1, Verdict::Accepted, None);
    world.until(1, Phase::Charging, seconds(30));
    world.e_stop = true;
    world.until(1, Phase::Faulted, seconds(30));
    world.run(seconds(5));
    world.e_stop = false;
    world.run(seconds(1));
    // The other connector is mended, this one not yet.
    world.tell(Input::Command(Command::ClearFault {
        command_id: "f".into(),
        connector: connector(2),
        who: "test".into(),
    }));
    world.until(2, Phase::Available, seconds(10));
    // While the plug is in, the card has nothing more to say.
    world.tell(Input::Card(tag("CARD")));
    world.unplug(1);
    world.run(seconds(5));
    assert_eq!(world.view(1).phase, Phase::Faulted);
    waits(&mut world, 2);
    assert_eq!(asked(&world, 2), None);
    world.tell(Input::Card(tag("CARD")));
    assert_eq!(asked(&world, 2).unwrap().1, tag("CARD"));
}

#[test]
fn a_card_that_nobody_uses_is_forgotten() {
    let mut world = World::new();
    world.tell(Input::Card(tag("FIRST")));
    world.run(seconds(61));
    waits(&mut world, 1);
    assert_eq!(asked(&world, 1), None);
}

#[test]
fn while_the_csms_is_away_its_answers_from_before_count_at_once() {
    let words = [("BAD", Verdict::Blocked), ("GOOD", Verdict::Accepted)];
    let mut world = alone(&words, Offline::LocalListAndCache);
    for (card, expected) in [("BAD", Verdict::Blocked), ("NEW", Verdict::Invalid)] {
        world.tell(Input::Card(tag(card)));
        assert_eq!(refused(&world, 1), Some(expected), "{card}");
    }
    world.tell(Input::Card(tag("GOOD")));
    assert_eq!(granted(&world, 1), Some((tag("GOOD"), AuthorisedBy::Cache)));
    world.until(1, Phase::Charging, seconds(30));
}

#[test]
fn the_rule_for_a_csms_that_is_away_is_the_configurations() {
    let words = [("BAD", Verdict::Blocked), ("GOOD", Verdict::Accepted)];
    let mut nobody = alone(&words, Offline::Refuse);
    nobody.tell(Input::Card(tag("GOOD")));
    assert_eq!(refused(&nobody, 1), Some(Verdict::Invalid));
    let mut all = alone(&words, Offline::Accept);
    all.tell(Input::Card(tag("BAD")));
    assert_eq!(refused(&all, 1), Some(Verdict::Blocked));
    all.tell(Input::Card(tag("NEW")));
    assert_eq!(granted(&all, 1), Some((tag("NEW"), AuthorisedBy::Offline)));
}

#[test]
fn what_is_remembered_is_forgotten_in_time_and_on_command() {
    let words = [("GOOD", Verdict::Accepted)];
    let mut world = alone(&words, Offline::LocalListAndCache);
    world.accept(|config| config.authorisation.cache = false);
    world.tell(Input::Card(tag("GOOD")));
    assert_eq!(refused(&world, 1), Some(Verdict::Invalid));
    world.accept(|config| (config.authorisation.cache, config.authorisation.cache_hours) = (true, 1));
    world.tell(Input::Command(Command::ForgetCache));
    world.tell(Input::Card(tag("GOOD")));
    assert_eq!(refused(&world, 1), Some(Verdict::Invalid));
    assert_eq!(world.kept.cache, []);
}

#[test]
fn a_csms_that_does_not_answer_in_time_counts_as_away() {
    let mut world = World::new();
    list(&mut world, 1, &[("LISTED", Verdict::Accepted)]).unwrap();
    waits(&mut world, 1);
    world.tell(Input::Card(tag("LISTED")));
    world.run(seconds(29));
    assert!(asked(&world, 1).is_some());
    world.run(seconds(2));
    assert_eq!(granted(&world, 1), Some((tag("LISTED"), AuthorisedBy::LocalList)));
    // One that goes away while it is asked is not waited for.
    waits(&mut world, 2);
    world.tell(Input::Card(tag("NEW")));
    assert!(asked(&world, 2).is_some());
    world.tell(Input::Csms(CsmsReach::Offline));
    assert_eq!(refused(&world, 2), Some(Verdict::Invalid));
}

#[test]
fn without_a_csms_the_local_list_is_all_there_is() {
    let mut world = with(|config| config.ocpp = None);
    list(&mut world, 1, &[("LISTED", Verdict::Accepted)]).unwrap();
    waits(&mut world, 1);
    world.tell(Input::Card(tag("NEW")));
    assert_eq!(refused(&world, 1), Some(Verdict::Invalid));
    world.tell(Input::Card(tag("LISTED")));
    assert_eq!(granted(&world, 1), Some((tag("LISTED"), AuthorisedBy::LocalList)));
}

#[test]
fn list_and_cache_survive_a_restart() {
    let mut world = alone(&[("GOOD", Verdict::Accepted)], Offline::LocalListAndCache);
    list(&mut world, 7, &[("LISTED", Verdict::Accepted)]).unwrap();
    assert!(list(&mut world, 0, &[]).is_err());
    world.tell(Input::Card(tag("EARLY")));
    world.unplug(1);
    world.run(seconds(3));
    world.tell(Input::Card(tag("WAITING")));
    let checkpoint = world.cabinet.checkpoint(world.now);
    world.restart(Some(checkpoint), Duration::from_millis(300), World::heard);
    world.tell(Input::Csms(CsmsReach::Offline));
    assert_eq!((world.cabinet.local_list().version, world.cabinet.local_list().size), (7, 1));
    waits(&mut world, 1);
    // The card that waited was tried, and is not known.
    assert_eq!(refused(&world, 1), Some(Verdict::Invalid));
    world.tell(Input::Card(tag("GOOD")));
    assert_eq!(granted(&world, 1), Some((tag("GOOD"), AuthorisedBy::Cache)));
}

#[test]
fn a_car_is_known_by_itself_if_that_is_wanted() {
    let mut world = World::new();
    waits(&mut world, 1);
    world.run(seconds(2));
    assert_eq!(asked(&world, 1), None);
    let mut world = with(|config| config.authorisation.autocharge = true);
    waits(&mut world, 1);
    assert_eq!(asked(&world, 1).unwrap().1, tag("VID:0200000000CA"));
    answer(&mut world, 1, Verdict::Accepted, None);
    world.until(1, Phase::Charging, seconds(30));
    assert_eq!(world.sessions.values().next().unwrap().authorised_by, AuthorisedBy::Vehicle);
    // Another that is not known waits for a card.
    waits(&mut world, 2);
    answer(&mut world, 2, Verdict::Invalid, None);
    world.run(seconds(2));
    assert_eq!(refused(&world, 2), Some(Verdict::Invalid));
    world.tell(Input::Card(tag("CARD")));
    answer(&mut world, 2, Verdict::Accepted, None);
    assert_eq!(granted(&world, 2), Some((tag("CARD"), AuthorisedBy::Csms)));
}

#[test]
fn a_card_of_the_same_group_ends_the_charge() {
    let mut world = World::new();
    waits(&mut world, 2);
    for (card, verdict) in [("BLOCKED", Verdict::Blocked), ("WIFE", Verdict::Accepted)] {
        world.tell(Input::Card(tag(card)));
        answer(&mut world, 2, verdict, Some(tag("FAMILY")));
    }
    world.unplug(2);
    world.until(2, Phase::Available, seconds(20));
    world.sessions.clear();
    waits(&mut world, 1);
    world.tell(Input::Card(tag("MINE")));
    answer(&mut world, 1, Verdict::Accepted, Some(tag("FAMILY")));
    world.until(1, Phase::Charging, seconds(30));
    for card in ["STRANGER", "BLOCKED"] {
        world.tell(Input::Card(tag(card)));
        world.run(seconds(2));
        assert_eq!(world.view(1).phase, Phase::Charging);
    }
    world.tell(Input::Card(tag("WIFE")));
    world.until(1, Phase::Finishing, seconds(20));
    world.run(seconds(4));
    assert_eq!(world.sessions.values().next().unwrap().reason, Some(StopReason::Local));
}

#[test]
fn a_word_that_was_withdrawn_is_not_remembered_as_good() {
    let mut world = World::new();
    waits(&mut world, 1);
    world.tell(Input::Card(tag("CARD")));
    answer(&mut world, 1, Verdict::Accepted, None);
    world.until(1, Phase::Charging, seconds(30));
    let (command_id, reason) = ("x".into(), StopReason::Deauthorised);
    world.tell(Input::Command(Command::Stop { command_id, connector: connector(1), reason }));
    world.until(1, Phase::Finishing, seconds(20));
    assert_eq!(world.kept.cache[0].token.verdict, Verdict::Invalid);
}
