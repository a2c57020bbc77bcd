//! Roles: what a person may do (HMI-16).

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A role; each may do what the ones before it may.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Runs the site: starts and stops charges, clears faults.
    Operator,
    /// Configures and repairs.
    Service,
    /// Built the cabinet: everything.
    Oem,
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn roles_are_ordered() {
        assert!(Role::Viewer < Role::Operator);
        assert!(Role::Operator < Role::Service);
        assert!(Role::Service < Role::Oem);
    }
}
