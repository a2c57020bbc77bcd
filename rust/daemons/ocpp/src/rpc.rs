//! Remote procedure calls of OCPP-J, without a socket and without a clock.
//!
//! A *call* is a question of either side, with an id, an action and a payload; the other side owes an *answer*, or an
//! *error*. Each side has at most one question open. Ids are never used twice, not for a repetition either: a prefix that
//! is random for each process, and a counter.
//!
//! Whatever cannot be read is counted and dropped; a call that can be read but not understood is answered with an error.
//! An answer or an error is never answered, so two confused peers cannot keep each other busy.

use std::{collections::VecDeque, fmt, time::Duration};

use serde_json::Value;
use units::Mono;

/// How long the other side may take to answer.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// The longest id that OCPP-J allows.
const ID_LENGTH: usize = 36;
/// How many calls of the CSMS may wait for our answer. It should never have more than one open.
const OPEN_CALLS: usize = 8;
/// The longest description that OCPP-J allows.
const DESCRIPTION_LENGTH: usize = 255;

/// What an error says. OCPP 1.6J spells two of them in two ways: both are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The action is not known.
    NotImplemented,
    /// The action is known and not supported.
    NotSupported,
    /// Something broke inside.
    InternalError,
    /// The payload is incomplete.
    ProtocolError,
    /// A matter of security.
    SecurityError,
    /// The payload is no JSON object of the right shape.
    FormatViolation,
    /// A field has a value that is not allowed.
    PropertyConstraintViolation,
    /// A field is there too often or not often enough.
    OccurrenceConstraintViolation,
    /// A field has the wrong type.
    TypeConstraintViolation,
    /// Anything else.
    GenericError,
}

impl ErrorCode {
    /// As it is written on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotImplemented => "NotImplemented",
            Self::NotSupported => "NotSupported",
            Self::InternalError => "InternalError",
            Self::ProtocolError => "ProtocolError",
            Self::SecurityError => "SecurityError",
            Self::FormatViolation => "FormatViolation",
            Self::PropertyConstraintViolation => "PropertyConstraintViolation",
            Self::OccurrenceConstraintViolation => "OccurenceConstraintViolation",
            Self::TypeConstraintViolation => "TypeConstraintViolation",
            Self::GenericError => "GenericError",
        }
    }

    /// As the other side wrote it; what is not known is generic.
    pub fn parse(text: &str) -> Self {
        match text {
            "NotImplemented" => Self::NotImplemented,
            "NotSupported" => Self::NotSupported,
            "InternalError" => Self::InternalError,
            "ProtocolError" => Self::ProtocolError,
            "SecurityError" => Self::SecurityError,
            "FormatViolation" | "FormationViolation" => Self::FormatViolation,
            "PropertyConstraintViolation" => Self::PropertyConstraintViolation,
            "OccurenceConstraintViolation" | "OccurrenceConstraintViolation" => Self::OccurrenceConstraintViolation,
            "TypeConstraintViolation" => Self::TypeConstraintViolation,
            _ => Self::GenericError,
        }
    }
}

/// An error as an answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {description}", code.as_str())]
pub struct CallError {
    /// What kind.
    pub code: ErrorCode,
    /// In words.
    pub description: String,
}

impl CallError {
    /// With a description that is cut to what OCPP-J allows.
    pub fn new(code: ErrorCode, description: impl fmt::Display) -> Self {
        Self { code, description: description.to_string().chars().take(DESCRIPTION_LENGTH).collect() }
    }
}

/// Names an open call of the CSMS. It cannot be made elsewhere or copied: a call is answered once.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct CallId(String);

/// Why a question of ours has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The CSMS answered with an error.
    Error(CallError),
    /// It did not answer in time.
    TimedOut {
        /// When the question was asked.
        asked: Mono,
    },
}

/// What a received text means.
#[derive(Debug, PartialEq)]
pub enum Received<T> {
    /// Our question was answered.
    Answered {
        /// What the asker gave to recognise it.
        token: T,
        /// The payload, or why there is none.
        result: Result<Value, CallError>,
    },
    /// The CSMS asks something.
    Called {
        /// To answer it by.
        id: CallId,
        /// What it asks.
        action: String,
        /// With what.
        payload: Value,
    },
    /// It was a call that deserves only this answer.
    Refused(String),
    /// It was nothing that can be used, and was counted.
    Dropped(Garbage),
}

/// Why a text was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// Not an OCPP-J frame.
    Frame,
    /// An answer to nothing that is open.
    Answer,
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Frame => "a message that is no OCPP-J frame",
            Self::Answer => "an answer to no open question",
        })
    }
}

#[derive(Debug)]
struct Question<T> {
    id: String,
    token: T,
    asked: Mono,
}

/// The state of one connection's calls, both ways. `T` is what the asker recognises its question by.
#[derive(Debug)]
pub struct Rpc<T> {
    prefix: String,
    count: u64,
    question: Option<Question<T>>,
    open: VecDeque<String>,
}

impl<T> Rpc<T> {
    /// `seed` is random and new for each process: it makes the ids unique.
    pub fn new(seed: u64) -> Self {
        Self { prefix: format!("{seed:016x}"), count: 0, question: None, open: VecDeque::new() }
    }

    /// Whether a question may be asked now.
    pub const fn is_free(&self) -> bool {
        self.question.is_none()
    }

    /// Asks; the text is to be sent. `None`, and nothing happens, while another question is open.
    pub fn ask(&mut self, now: Mono, action: &str, payload: &Value, token: T) -> Option<String> {
        if self.question.is_some() {
            return None;
        }
        self.count += 1;
        let id = format!("{}-{:x}", self.prefix, self.count);
        let text = Value::from(vec![2.into(), id.as_str().into(), action.into(), payload.clone()]).to_string();
        self.question = Some(Question { id, token, asked: now });
        Some(text)
    }

    /// The answer to a call of the CSMS, to be sent. `None` if the connection it came on is gone.
    pub fn answer(&mut self, id: CallId, answer: Result<Value, CallError>) -> Option<String> {
        let place = self.open.iter().position(|open| *open == id.0)?;
        self.open.remove(place);
        Some(match answer {
            Ok(payload) => Value::from(vec![3.into(), id.0.into(), payload]).to_string(),
            Err(error) => error_text(id.0, &error),
        })
    }

    /// Forgets a call of the CSMS without an answer.
    pub fn ignore(&mut self, id: &CallId) {
        self.open.retain(|open| *open != id.0);
    }

    /// Takes a text off the wire.
    pub fn receive(&mut self, text: &str) -> Received<T> {
        let Ok(Value::Array(parts)) = serde_json::from_str(text) else {
            return Received::Dropped(Garbage::Frame);
        };
        let mut parts = parts.into_iter();
        let (kind, id) = (parts.next().as_ref().and_then(Value::as_u64), parts.next());
        let Some(Value::String(id)) = id else { return Received::Dropped(Garbage::Frame) };
        if id.is_empty() || id.chars().count() > ID_LENGTH {
            return Received::Dropped(Garbage::Frame);
        }
        match kind {
            Some(2) => self.receive_call(id, parts.next(), parts.next()),
            Some(3) => self.receive_answer(&id, parts.next().ok_or_else(|| incomplete("no payload"))),
            Some(4) => {
                let code =
                    parts.next().as_ref().and_then(Value::as_str).map_or(ErrorCode::GenericError, ErrorCode::parse);
                let description = parts.next();
                let description = description.as_ref().and_then(Value::as_str).unwrap_or_default();
                self.receive_answer(&id, Err(CallError::new(code, description)))
            }
            _ => Received::Dropped(Garbage::Frame),
        }
    }

    fn receive_call(&mut self, id: String, action: Option<Value>, payload: Option<Value>) -> Received<T> {
        let Some(Value::String(action)) = action else {
            return Received::Refused(error_text(id, &CallError::new(ErrorCode::FormatViolation, "no action")));
        };
        let Some(payload @ Value::Object(_)) = payload else {
            let error = CallError::new(ErrorCode::FormatViolation, "the payload is no object");
            return Received::Refused(error_text(id, &error));
        };
        if self.open.contains(&id) {
            return Received::Dropped(Garbage::Frame);
        }
        if self.open.len() >= OPEN_CALLS {
            let error = CallError::new(ErrorCode::GenericError, "too many calls are open: ask one after the other");
            return Received::Refused(error_text(id, &error));
        }
        self.open.push_back(id.clone());
        Received::Called { id: CallId(id), action, payload }
    }

    fn receive_answer(&mut self, id: &str, result: Result<Value, CallError>) -> Received<T> {
        match self.question.take_if(|question| question.id == id) {
            Some(question) => Received::Answered { token: question.token, result },
            None => Received::Dropped(Garbage::Answer),
        }
    }

    /// The question that has waited too long, if one has.
    pub fn expire(&mut self, now: Mono) -> Option<(T, Failure)> {
        let late = self.question.take_if(|question| now.since(question.asked) >= ANSWER_WITHIN)?;
        Some((late.token, Failure::TimedOut { asked: late.asked }))
    }

    /// When [`Rpc::expire`] will have something to say.
    pub fn next_wake(&self) -> Option<Mono> {
        self.question.as_ref().map(|question| question.asked + ANSWER_WITHIN)
    }

    /// The connection is gone: gives back the open question and forgets the CSMS's calls.
    pub fn reset(&mut self) -> Option<T> {
        self.open.clear();
        self.question.take().map(|question| question.token)
    }
}

fn incomplete(what: &str) -> CallError {
    CallError::new(ErrorCode::ProtocolError, what)
}

fn error_text(id: String, error: &CallError) -> String {
    let parts: Vec<Value> = vec![
        4.into(),
        id.into(),
        error.code.as_str().into(),
        error.description.as_str().into(),
        Value::Object(serde_json::Map::new()),
    ];
    Value::from(parts).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    const T0: Mono = Mono::from_millis(1_000);

    fn asked(rpc: &mut Rpc<u8>, token: u8) -> String {
        let text = rpc.ask(T0, "Heartbeat", &json!({}), token).unwrap();
        let parts: Vec<Value> = serde_json::from_str(&text).unwrap();
        assert_eq!((&parts[0], &parts[2], &parts[3]), (&json!(2), &json!("Heartbeat"), &json!({})));
        parts[1].as_str().unwrap().to_owned()
    }

    #[test]
    fn one_question_at_a_time_and_no_id_twice() {
        let mut rpc = Rpc::new(u64::MAX);
        let first = asked(&mut rpc, 1);
        assert!(first.len() <= ID_LENGTH);
        assert_eq!(rpc.ask(T0, "Heartbeat", &json!({}), 2), None);
        assert_eq!(
            rpc.receive(&json!([3, first, {"a": 1}]).to_string()),
            Received::Answered { token: 1, result: Ok(json!({"a": 1})) }
        );
        let second = asked(&mut rpc, 2);
        assert_ne!(first, second);
        assert_eq!(rpc.receive(&json!([3, first, {}]).to_string()), Received::Dropped(Garbage::Answer));
        assert!(!rpc.is_free());
    }

    #[test]
    fn both_spellings_of_an_error_are_understood() {
        for spelling in ["FormatViolation", "FormationViolation"] {
            let mut rpc = Rpc::new(1);
            let id = asked(&mut rpc, 1);
            let expected = CallError::new(ErrorCode::FormatViolation, "so");
            assert_eq!(
                rpc.receive(&json!([4, id, spelling, "so", {}]).to_string()),
                Received::Answered { token: 1, result: Err(expected) }
            );
        }
    }

    #[test]
    fn a_question_expires_after_thirty_seconds() {
        let mut rpc = Rpc::new(1);
        let id = asked(&mut rpc, 7);
        assert_eq!(rpc.next_wake(), Some(T0 + ANSWER_WITHIN));
        assert_eq!(rpc.expire(T0 + ANSWER_WITHIN - Duration::from_nanos(1)), None);
        assert_eq!(rpc.expire(T0 + ANSWER_WITHIN), Some((7, Failure::TimedOut { asked: T0 })));
        assert_eq!(rpc.receive(&json!([3, id, {}]).to_string()), Received::Dropped(Garbage::Answer));
    }

    #[test]
    fn calls_cross_and_are_answered_once() {
        let mut rpc = Rpc::new(1);
        asked(&mut rpc, 1);
        let Received::Called { id, action, payload } = rpc.receive(r#"[2,"x","Reset",{"type":"Soft"}]"#) else {
            panic!("not a call");
        };
        assert_eq!((action.as_str(), payload), ("Reset", json!({"type": "Soft"})));
        assert_eq!(rpc.receive(r#"[2,"x","Reset",{}]"#), Received::Dropped(Garbage::Frame));
        assert_eq!(rpc.answer(id, Ok(json!({}))).unwrap(), r#"[3,"x",{}]"#);
        assert_eq!(rpc.answer(CallId("x".into()), Ok(json!({}))), None);
    }

    #[test]
    fn after_a_reset_old_calls_get_no_answer() {
        let mut rpc = Rpc::new(1);
        asked(&mut rpc, 1);
        let Received::Called { id, .. } = rpc.receive(r#"[2,"x","Reset",{}]"#) else { panic!("not a call") };
        assert_eq!(rpc.reset(), Some(1));
        assert_eq!(rpc.answer(id, Ok(json!({}))), None);
        assert!(rpc.is_free());
    }

    #[test]
    fn calls_are_bounded() {
        let mut rpc: Rpc<u8> = Rpc::new(1);
        for n in 0..OPEN_CALLS {
            assert!(matches!(rpc.receive(&json!([2, n.to_string(), "X", {}]).to_string()), Received::Called { .. }));
        }
        let Received::Refused(text) = rpc.receive(r#"[2,"more","X",{}]"#) else { panic!("taken") };
        assert!(text.starts_with(r#"[4,"more","GenericError""#), "{text}");
    }

    #[test]
    fn what_is_no_frame_is_dropped_and_a_bad_call_is_told_so() {
        let mut rpc: Rpc<u8> = Rpc::new(1);
        let long = json!([2, "x".repeat(37), "Reset", {}]).to_string();
        for text in ["", "{", "{}", "[]", "[2]", "[2,7,\"Reset\",{}]", "[9,\"a\",{}]", "[2.5,\"a\"]", "null", &long] {
            assert_eq!(rpc.receive(text), Received::Dropped(Garbage::Frame), "{text}");
        }
        assert_eq!(rpc.receive("[3,\"a\",{}]"), Received::Dropped(Garbage::Answer));
        assert_eq!(rpc.receive("[4,\"a\"]"), Received::Dropped(Garbage::Answer));
        for text in ["[2,\"a\"]", "[2,\"a\",7,{}]", "[2,\"a\",\"Reset\"]", "[2,\"a\",\"Reset\",[]]"] {
            let Received::Refused(answer) = rpc.receive(text) else { panic!("{text} was taken") };
            assert!(answer.starts_with(r#"[4,"a","FormatViolation""#), "{answer}");
        }
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in ".{0,200}") {
            let mut rpc: Rpc<u8> = Rpc::new(1);
            let _ = rpc.receive(&text);
        }

        #[test]
        fn no_array_breaks_it(kind in 0_u8..6, id in ".{0,40}", rest in "[\\[\\]{}\",:0-9a-z]{0,60}") {
            let mut rpc: Rpc<u8> = Rpc::new(1);
            let _ = rpc.receive(&format!("[{kind},{id:?},{rest}]"));
            let _ = rpc.receive(&format!("[{kind},{id:?},{rest}"));
        }
    }
}
