//! Could people be locked out? Devices that no compliance policy reaches count as non-compliant, and Conditional Access
//! demands a compliant device: each alone is fine, together they lock out whoever has such a device. Pure.

use super::state::{CheckState, Judged};
use crate::finding::count;

/// What is known of the three parts, of the tree and of the tenant together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Parts {
    /// Devices without a compliance policy count as non-compliant; none where it is not known.
    pub(super) strict: Option<bool>,
    /// How many compliance policies are assigned to someone.
    pub(super) assigned: usize,
    /// How many are assigned to no one.
    pub(super) unassigned: usize,
    /// How many policies demand a compliant device, and are not switched off.
    pub(super) demanding: usize,
    /// How many more do, and are switched off or only report.
    pub(super) waiting: usize,
    /// A part of the tenant could not be read.
    pub(super) incomplete: bool,
}

/// What the parts mean together.
pub(super) fn judge(parts: Parts) -> Judged {
    let Parts { strict, assigned, unassigned, demanding, waiting, incomplete } = parts;
    if demanding + waiting == 0 {
        if incomplete {
            return Judged::new(CheckState::NotKnown, "the tenant's Conditional Access policies could not be read");
        }
        return Judged::new(CheckState::Ready, "no Conditional Access policy demands a compliant device");
    }
    let demand = count(demanding + waiting, "policy demands", "policies demand");
    let demand = format!("{demand} a compliant device");
    if strict == Some(false) {
        return Judged::new(
            CheckState::Ready,
            format!("{demand}, and a device without a compliance policy is compliant"),
        );
    }
    if assigned > 0 {
        let rest = count(unassigned, "compliance policy is not", "compliance policies are not");
        return match (unassigned, strict) {
            (0, Some(_)) => Judged::new(CheckState::Ready, format!("{demand}, and compliance policies are assigned")),
            (0, None) => Judged::new(CheckState::NotKnown, "the tenant's compliance settings could not be read"),
            _ => Judged::new(CheckState::Soon, format!("{demand}, and {rest} assigned to anyone")),
        };
    }
    if incomplete || strict.is_none() {
        return Judged::new(
            CheckState::NotKnown,
            format!("{demand}, and the tenant's compliance policies could not be read"),
        );
    }
    let devices = "devices without a compliance policy count as non-compliant, and no compliance policy is assigned";
    match demanding {
        0 => Judged::new(CheckState::Soon, format!("{demand} once it is switched on; {devices}")),
        _ => Judged::new(
            CheckState::Missing,
            format!("people will be locked out when the policies are in force: {demand}; {devices}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_three_together_lock_out_and_any_two_do_not() {
        let all = Parts { strict: Some(true), demanding: 1, ..Parts::default() };
        assert_eq!(judge(all).state, CheckState::Missing);
        assert_eq!(judge(Parts { strict: Some(false), ..all }).state, CheckState::Ready);
        assert_eq!(judge(Parts { assigned: 1, ..all }).state, CheckState::Ready);
        assert_eq!(judge(Parts { demanding: 0, ..all }).state, CheckState::Ready);
        assert_eq!(judge(Parts { demanding: 0, waiting: 1, ..all }).state, CheckState::Soon);
        assert_eq!(judge(Parts { assigned: 1, unassigned: 1, ..all }).state, CheckState::Soon);
        assert_eq!(judge(Parts { strict: None, ..all }).state, CheckState::NotKnown);
    }

    proptest! {
        /// What could not be read is never taken for a danger, nor for safety where something demands compliance.
        #[test]
        fn what_is_not_known_is_never_missing(assigned in 0usize..2, demanding in 0usize..3, waiting in 0usize..3) {
            let parts = Parts { strict: None, assigned, demanding, waiting, incomplete: true, ..Parts::default() };
            prop_assert_eq!(judge(parts).state, CheckState::NotKnown);
        }
    }
}
