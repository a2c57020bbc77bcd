//! Commands: from JSON, with errors that name the field.

use serde_json::{Map, Value, json};

use crate::{
    fault::{Cut, What},
    inlet::{Car, Mood, Speaker},
};

/// What is asked of the simulated world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A car comes.
    PlugIn {
        /// Where.
        connector: u8,
        /// What it is like.
        car: Car,
    },
    /// The plug is pulled.
    PlugOut {
        /// Where.
        connector: u8,
        /// Whether a lock is torn open.
        force: Force,
    },
    /// A card is held to the reader.
    Swipe {
        /// Its UID in hexadecimal.
        uid: String,
    },
    /// The driver changes his mind.
    Mood {
        /// Where.
        connector: u8,
        /// To what.
        mood: Mood,
    },
    /// Something goes wrong.
    Error {
        /// What.
        what: What,
        /// Which connector, module or tie; 0 for the cabinet.
        whom: u8,
    },
    /// Something is right again; `None`: everything, there or everywhere.
    Clear {
        /// What.
        what: Option<What>,
        /// Which connector, module or tie; `None`: everywhere.
        whom: Option<u8>,
    },
    /// A wire is cut.
    Disconnect {
        /// Which.
        wire: Cut,
        /// Which connector's; 0 for the cabinet's.
        whom: u8,
    },
    /// A wire is joined.
    Connect {
        /// Which.
        wire: Cut,
        /// Which connector's; 0 for the cabinet's.
        whom: u8,
    },
    /// A connector's meter is exchanged.
    Meter {
        /// Where.
        connector: u8,
        /// What the new one has counted before.
        wh: u32,
    },
    /// Everything, as it is now.
    Status,
    /// Everything that happens from now on.
    Subscribe,
}

/// Whether to tear the plug out of its lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Force {
    /// No: a locked plug stays.
    Gentle,
    /// Yes.
    Torn,
}

/// Why a command was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// For programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
    /// The field that is at fault, if one is.
    pub field: Option<String>,
    /// What would have done.
    pub expected: Option<String>,
}

impl Refusal {
    /// Nothing wrong with the command, but not now.
    pub fn state(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), field: None, expected: None }
    }

    pub(crate) fn field(code: &'static str, field: &str, value: &str, expected: impl Into<String>) -> Self {
        let expected = expected.into();
        Self {
            code,
            message: format!("{field}: {value}, expected {expected}"),
            field: Some(field.to_owned()),
            expected: Some(expected),
        }
    }

    /// The answer.
    pub fn to_json(&self) -> Value {
        let Self { code, message, field, expected } = self;
        json!({ "ok": false, "error": { "code": code, "message": message, "field": field, "expected": expected } })
    }
}

impl Command {
    /// The commands' names.
    pub const NAMES: [&'static str; 13] = [
        "plug_in",
        "plug_out",
        "swipe",
        "pause",
        "resume",
        "stop",
        "error",
        "clear",
        "connect",
        "disconnect",
        "meter",
        "status",
        "subscribe",
    ];

    /// Reads one line.
    pub fn from_line(line: &str) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_str(line)
            .map_err(|error| Refusal::state("not_json", format!("not JSON: {error}, expected one object a line")))?;
        let Value::Object(fields) = value else {
            return Err(Refusal::state("not_an_object", "not an object, expected one object a line"));
        };
        let mut fields = Fields(fields);
        let name = fields.text("command", "one of the commands")?.unwrap_or_default();
        let command = fields.command(&name)?;
        fields.nothing_left()?;
        Ok(command)
    }
}

/// The fields of a command, taken out one by one: what is left at the end is unknown.
struct Fields(Map<String, Value>);

impl Fields {
    fn command(&mut self, name: &str) -> Result<Command, Refusal> {
        let mood = |fields: &mut Self, mood| Ok(Command::Mood { connector: fields.connector()?, mood });
        match name {
            "plug_in" => Ok(Command::PlugIn { connector: self.connector()?, car: self.car()? }),
            "plug_out" => {
                let force = if self.flag("force")? { Force::Torn } else { Force::Gentle };
                Ok(Command::PlugOut { connector: self.connector()?, force })
            }
            "swipe" => self.swipe(),
            "pause" => mood(self, Mood::Pause),
            "resume" => mood(self, Mood::Charge),
            "stop" => mood(self, Mood::Stop),
            "error" => {
                let what = self.what()?.ok_or_else(|| missing("what", &names(&What::NAMES)))?;
                let whom = self.whom(what)?.ok_or_else(|| match what.scope() {
                    crate::fault::Scope::Module => missing("module", "a module's address"),
                    crate::fault::Scope::Tie => missing("tie", "the id of a tie's contactor"),
                    _ => missing("connector", "a connector's id"),
                })?;
                Ok(Command::Error { what, whom })
            }
            "clear" => {
                let what = self.what()?;
                let whom = match what {
                    Some(what) => self.whom(what)?,
                    None => self.number("connector", 1, 255, "a connector's id")?,
                };
                Ok(Command::Clear { what, whom })
            }
            "connect" | "disconnect" => {
                let wire = self.choice("what", &Cut::NAMES)?.ok_or_else(|| missing("what", &names(&Cut::NAMES)))?;
                let whom = if wire == Cut::Plc {
                    self.connector()?
                } else {
                    // Taken and ignored: every command may name a connector.
                    let _: Option<u8> = self.number("connector", 0, 255, "a connector's id")?;
                    0
                };
                Ok(match name {
                    "connect" => Command::Connect { wire, whom },
                    _ => Command::Disconnect { wire, whom },
                })
            }
            "meter" => Ok(Command::Meter {
                connector: self.connector()?,
                wh: self.number("wh", 0, 1_000_000_000, "watt-hours, 0 to 1000000000")?.unwrap_or_default(),
            }),
            "status" => {
                let _: Option<u8> = self.number("connector", 0, 255, "a connector's id")?;
                Ok(Command::Status)
            }
            "subscribe" => Ok(Command::Subscribe),
            "" => Err(missing("command", &Command::NAMES.join(", "))),
            other => {
                let value = format!("{other:?} is unknown");
                Err(Refusal::field("unknown_command", "command", &value, Command::NAMES.join(", ")))
            }
        }
    }

    fn car(&mut self) -> Result<Car, Refusal> {
        let speaker = match (self.flag("external")?, self.flag("slac_only")?) {
            (false, false) => Speaker::Simulated,
            (true, false) => Speaker::External,
            (false, true) => Speaker::SlacOnly,
            (true, true) => {
                return Err(Refusal::field("bad_value", "slac_only", "given with external", "only one of the two"));
            }
        };
        let max_current_a = self.number("max_current_a", 1, 1_000, "amperes, 1 to 1000")?.unwrap_or(200);
        Ok(Car {
            battery_v: self.number("battery_v", 150, 950, "volts, 150 to 950")?.unwrap_or(400),
            soc: self.number("soc", 0, 100, "percent, 0 to 100")?.unwrap_or(40),
            capacity_wh: self.number("capacity_wh", 100, 1_000_000, "watt-hours, 100 to 1000000")?.unwrap_or(60_000),
            max_current_a,
            target_current_a: self
                .number("target_current_a", 0, 1_000, "amperes, 0 to 1000")?
                .unwrap_or(max_current_a.min(50)),
            energy_wh: self.number("energy_wh", 1, 1_000_000, "watt-hours, 1 to 1000000")?,
            speaker,
        })
    }

    fn swipe(&mut self) -> Result<Command, Refusal> {
        let expected = "an even number of hexadecimal digits, 8 to 20";
        let uid = self.text("uid", expected)?.unwrap_or_else(|| "04A1B2C3D4E5F6".to_owned());
        // There is one reader for all connectors; which one is meant is the cabinet's to find out.
        let _: Option<u8> = self.number("connector", 0, 255, "a connector's id")?;
        let good = (8..=20).contains(&uid.len()) && uid.len() % 2 == 0 && uid.bytes().all(|b| b.is_ascii_hexdigit());
        if good { Ok(Command::Swipe { uid }) } else { Err(Refusal::field("bad_value", "uid", &uid, expected)) }
    }

    fn connector(&mut self) -> Result<u8, Refusal> {
        let expected = "a connector's id";
        self.number("connector", 1, 255, expected)?.ok_or_else(|| missing("connector", expected))
    }

    fn what(&mut self) -> Result<Option<What>, Refusal> {
        self.choice("what", &What::NAMES)
    }

    fn whom(&mut self, what: What) -> Result<Option<u8>, Refusal> {
        let connector = self.number("connector", 0, 255, "a connector's id")?;
        Ok(match what.scope() {
            crate::fault::Scope::Cabinet => Some(0),
            crate::fault::Scope::Connector => connector,
            crate::fault::Scope::Module => self.number("module", 0, 59, "a module's address, 0 to 59")?,
            crate::fault::Scope::Tie => self.number("tie", 0, 255, "the id of a tie's contactor")?,
        })
    }

    fn number<T: TryFrom<u64>>(
        &mut self,
        field: &str,
        least: u64,
        most: u64,
        expected: &str,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.0.remove(field) else { return Ok(None) };
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        let number = number.and_then(|number| T::try_from(number).ok());
        number.map(Some).ok_or_else(|| Refusal::field("bad_value", field, &value.to_string(), expected))
    }

    fn flag(&mut self, field: &str) -> Result<bool, Refusal> {
        match self.0.remove(field) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(value) => Err(Refusal::field("bad_value", field, &value.to_string(), "true or false")),
        }
    }

    fn text(&mut self, field: &str, expected: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(Refusal::field("bad_value", field, &value.to_string(), expected)),
        }
    }

    fn choice<T: Copy>(&mut self, field: &str, among: &[(&str, T)]) -> Result<Option<T>, Refusal> {
        let expected = names(among);
        let Some(text) = self.text(field, &expected)? else { return Ok(None) };
        let found = among.iter().find(|(name, _)| *name == text).map(|(_, choice)| *choice);
        found.map(Some).ok_or_else(|| Refusal::field("bad_value", field, &format!("{text:?}"), expected))
    }

    fn nothing_left(&self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(field) => Err(Refusal::field("unknown_field", field, "not a field of this command", "no such field")),
        }
    }
}

fn missing(field: &str, expected: &str) -> Refusal {
    Refusal::field("missing_field", field, "is missing", expected)
}

fn names<T>(among: &[(&str, T)]) -> String {
    among.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Result<Command, Refusal> {
        Command::from_line(line)
    }

    #[test]
    fn a_car_has_defaults() {
        let Ok(Command::PlugIn { connector: 1, car }) = read(r#"{"command":"plug_in","connector":1,"energy_wh":20}"#)
        else {
            panic!("not read")
        };
        assert_eq!((car.battery_v, car.target_current_a, car.energy_wh), (400, 50, Some(20)));
        assert_eq!(car.speaker, Speaker::Simulated);
    }

    #[test]
    fn faults_know_whom_they_strike() {
        let module = Command::Error { what: What::ModuleSilent, whom: 0 };
        assert_eq!(read(r#"{"command":"error","what":"module_silent","module":0}"#), Ok(module));
        assert_eq!(
            read(r#"{"command":"error","connector":2,"what":"estop"}"#),
            Ok(Command::Error { what: What::EStop, whom: 0 })
        );
        assert_eq!(read(r#"{"command":"clear"}"#), Ok(Command::Clear { what: None, whom: None }));
        assert_eq!(
            read(r#"{"command":"disconnect","what":"plc","connector":2}"#),
            Ok(Command::Disconnect { wire: Cut::Plc, whom: 2 })
        );
    }

    #[test]
    fn refusals_name_the_field() {
        for (line, code, field) in [
            ("nonsense", "not_json", None),
            ("[]", "not_an_object", None),
            ("{}", "missing_field", Some("command")),
            (r#"{"command":"dance"}"#, "unknown_command", Some("command")),
            (r#"{"command":7}"#, "bad_value", Some("command")),
            (r#"{"command":"plug_in"}"#, "missing_field", Some("connector")),
            (r#"{"command":"plug_in","connector":0}"#, "bad_value", Some("connector")),
            (r#"{"command":"plug_in","connector":1,"soc":101}"#, "bad_value", Some("soc")),
            (r#"{"command":"plug_in","connector":1,"soc":1.5}"#, "bad_value", Some("soc")),
            (r#"{"command":"plug_in","connector":1,"colour":"red"}"#, "unknown_field", Some("colour")),
            (r#"{"command":"plug_out","connector":1,"force":1}"#, "bad_value", Some("force")),
            (r#"{"command":"swipe","uid":"xyz"}"#, "bad_value", Some("uid")),
            (r#"{"command":"error","what":"rain"}"#, "bad_value", Some("what")),
            (r#"{"command":"error","what":"weld"}"#, "missing_field", Some("connector")),
            (r#"{"command":"error","what":"module_silent"}"#, "missing_field", Some("module")),
            (r#"{"command":"error","what":"tie_weld"}"#, "missing_field", Some("tie")),
            (r#"{"command":"meter","connector":1,"wh":-1}"#, "bad_value", Some("wh")),
            (r#"{"command":"connect"}"#, "missing_field", Some("what")),
        ] {
            let refusal = read(line).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (code, field), "{line}");
        }
    }

    proptest! {
        #[test]
        fn no_line_panics(line in ".*") {
            let _ = read(&line);
        }

        #[test]
        fn no_object_panics(name in prop::sample::select(Command::NAMES.to_vec()), key in "[a-z_]{1,12}", value: i64) {
            let mut object = json!({ "command": name, "connector": 1, "what": "plc" });
            object[key] = json!(value);
            let _ = read(&object.to_string());
        }
    }
}
