//! The plan: what an import would do, decided before anything is written.
//!
//! In: a tree, a mapping, options and the target. Out: a [`Plan`], and with it all that carrying it out needs
//! ([`prepared`]). Writes nothing. Begin with [`planner`], which goes from one value to the next: `pairing` finds, reads and
//! pairs, `steps` gathers what is known of each policy, `decide` has the rules, which are pure.

pub(crate) mod assignment_merge;
mod audiences;
mod decide;
pub(crate) mod difference_labels;
mod inputs;
pub(crate) mod leave_out;
mod lockout;
pub(crate) mod mapping_check;
pub(crate) mod mapping_review;
pub(crate) mod matching;
mod narrowing;
pub(crate) mod new_objects;
pub(crate) mod opened_secrets;
pub(crate) mod order;
mod pairing;
mod pilot;
pub mod plan_file;
pub mod planner;
pub mod prepared;
mod prerequisites;
pub(crate) mod ranking;
pub(crate) mod rename;
mod required_items;
pub(crate) mod restore;
pub(crate) mod scope;
pub(crate) mod selection;
mod steps;
pub(crate) mod target_ids;
pub(crate) mod template_check;

pub use inputs::PlanInputs;
pub use plan_file::{
    Action, AssignmentAction, AssignmentMode, ContentFile, Decided, ExistingAssignments, FORMAT, GateState, OnConflict,
    Options, PilotGroup, Plan, Step,
};
