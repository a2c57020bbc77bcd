//! What bounds a connector, each bound by its name.

use units::Watts;

/// A constraint of the planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Constraint {
    /// The site's grid cap.
    Site,
    /// An OCPP charging profile, of the charge point or of the connector.
    Ocpp,
    /// The chain's power cap.
    Chain,
    /// The cable's or connector's rating.
    Cable,
    /// The modules that are there.
    Modules,
    /// The car itself.
    Vehicle,
    /// Heat.
    Derating,
}

/// A bound and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// No more than this.
    pub watts: Watts,
    /// Because of this.
    pub by: Constraint,
}

/// All that bounds one connector by itself, but for its modules. Absent is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// What cable and connector are built for.
    pub cable: Option<Watts>,
    /// What its heat leaves.
    pub derating: Option<Watts>,
    /// What its OCPP profile leaves.
    pub ocpp: Option<Watts>,
    /// What the car bears.
    pub vehicle: Option<Watts>,
    /// What the car asks for, with some room to ask for more.
    pub request: Option<Watts>,
}

impl Limits {
    /// The tightest bound with `modules` able to carry so much; of equals, the one that is named first.
    pub fn tightest(&self, modules: Watts) -> Limit {
        self.tightest_of(self.request, modules)
    }

    /// The same if the car asked for all that it bears.
    pub fn unasked(&self, modules: Watts) -> Limit {
        self.tightest_of(None, modules)
    }

    fn tightest_of(&self, request: Option<Watts>, modules: Watts) -> Limit {
        let named = [
            (self.cable, Constraint::Cable),
            (self.derating, Constraint::Derating),
            (self.ocpp, Constraint::Ocpp),
            (self.vehicle, Constraint::Vehicle),
            (request, Constraint::Vehicle),
        ];
        let mut tightest = Limit { watts: modules.max(Watts::ZERO), by: Constraint::Modules };
        for (watts, by) in named {
            // Equal to the modules: the connector's own bound is the better answer.
            if let Some(watts) = watts.map(|watts| watts.max(Watts::ZERO))
                && (watts < tightest.watts || (watts == tightest.watts && tightest.by == Constraint::Modules))
            {
                tightest = Limit { watts, by };
            }
        }
        tightest
    }
}
