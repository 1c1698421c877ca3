//! What is blocked takes with it what needs it. Not for saying what blocks in the first place: that is
//! [`super::rewrite`]'s and the engine's.

use crate::policy::ObjectKey;
use std::collections::{BTreeMap, HashMap, HashSet};

use super::rewritten::{Need, Rewritten};
use crate::finding::{Finding, codes};

/// Blocks every policy that awaits a blocked one, or one that is not there, until no more follow.
pub fn block_dependents(all: &mut [Rewritten]) {
    let index: HashMap<ObjectKey, usize> =
        all.iter().enumerate().map(|(n, one)| (ObjectKey::of(&one.policy), n)).collect();
    let mut users: BTreeMap<usize, Vec<(usize, String)>> = BTreeMap::new();
    let mut missing = Vec::new();
    for (user, one) in all.iter().enumerate() {
        for place in &one.awaits {
            if let Need::Policy { type_name, key } = &place.needs {
                match index.get(&ObjectKey::new(type_name, key)) {
                    Some(needed) => users.entry(*needed).or_default().push((user, place.pointer.clone())),
                    None => missing.push((
                        user,
                        place.pointer.clone(),
                        format!("{type_name} {key}, which is not in the tree"),
                    )),
                }
            }
        }
    }
    for (user, pointer, needed) in missing {
        block_by(&mut all[user], &pointer, &needed);
    }
    let mut open: Vec<usize> = (0..all.len()).rev().filter(|n| all[*n].blocked).collect();
    let mut done: HashSet<usize> = open.iter().copied().collect();
    while let Some(needed) = open.pop() {
        let name = format!("{}, which is blocked", all[needed].policy.subject());
        for (user, pointer) in users.remove(&needed).unwrap_or_default() {
            if user != needed {
                block_by(&mut all[user], &pointer, &name);
            }
            if done.insert(user) {
                open.push(user);
            }
        }
    }
}

fn block_by(one: &mut Rewritten, pointer: &str, needed: &str) {
    let finding = Finding::new(&codes::BLOCKED_BY, one.policy.subject(), format!("needs {needed}")).at(pointer);
    if !one.findings.contains(&finding) {
        one.findings.push(finding);
    }
    one.blocked = true;
}
