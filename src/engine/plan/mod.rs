//! The plan: what an import would do, decided before anything is written.
//!
//! In: a tree, a mapping, options and the target. Out: a [`Plan`], and with it all that carrying it out needs
//! ([`prepared`]). Writes nothing. Begin with [`planner`], which goes from one value to the next: `pairing` finds, reads and
//! pairs, `steps` gathers what is known of each policy, `decide` has the rules, which are pure.

pub mod assignment_merge;
mod audiences;
mod decide;
pub(crate) mod difference_labels;
mod inputs;
pub mod leave_out;
mod lockout;
pub mod mapping_check;
pub mod mapping_review;
pub mod matching;
mod narrowing;
pub mod new_objects;
pub mod opened_secrets;
pub mod order;
mod pairing;
mod pilot;
pub mod plan_file;
pub mod planner;
pub mod prepared;
mod prerequisites;
pub mod ranking;
pub mod rename;
mod required_items;
pub mod restore;
pub(crate) mod scope;
pub mod selection;
mod steps;
pub mod target_ids;
pub mod template_check;

pub use inputs::PlanInputs;
pub use plan_file::{
    Action, AssignmentAction, AssignmentMode, ContentFile, Decided, ExistingAssignments, FORMAT, GateState, OnConflict,
    Options, PilotGroup, Plan, Step,
};
