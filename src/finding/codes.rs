//! The table of finding codes: name, severity, title, reason, fix. Sorted by name.
//! A code is stable: scripts match on it. Every code is produced by at least one test.

use super::Severity::{self, Error, Info, Warning};

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Stable kebab-case name.
    pub name: &'static str,
    /// How much a finding of this code matters.
    pub severity: Severity,
    /// The short form, as a heading.
    pub title: &'static str,
    /// Why this is worth telling.
    pub reason: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

macro_rules! codes {
    ($($ident:ident = $name:literal, $severity:ident, $title:literal, $reason:literal, $fix:literal;)*) => {
        $(
            #[doc = $title]
            pub static $ident: Code = Code { name: $name, severity: $severity, title: $title, reason: $reason, fix: $fix };
        )*
        /// All codes, sorted by name.
        pub static ALL: &[&Code] = &[$(&$ident),*];
    };
}

codes! {
    AMBIGUOUS_MATCH = "ambiguous-match", Error, "Several objects of the target match",
        "More than one object of the target has this policy's type and name; taking the first would be a guess.",
        "Name the right one in the mapping (kind = the policy type, decision = map), or rename one of them in the target.";
    AMBIGUOUS_REFERENCE = "ambiguous-reference", Error, "An id means two things",
        "In the rewritten tree, an id is one of the target by the mapping and at the same time one of the source.",
        "Plan from the tree that was exported, with --mapping, instead of from the rewritten one.";
    APPLIES_TO_NOBODY = "applies-to-nobody", Warning, "The policy is left without an inclusion",
        "All groups the policy was assigned to were dropped by the mapping, so it is created but applies to nobody.",
        "Map at least one of the groups if the policy should apply to someone.";
    APPROVAL_NEEDED = "approval-needed", Error, "A second administrator has to approve this",
        "An access policy of Multi Admin Approval protects this in the target; a change to it has to say why it should be approved.",
        "Import again with --justification TEXT, which asks for the approval, or have this app excluded from the access policy.";
    APPROVAL_PENDING = "approval-pending", Error, "It waits for a second administrator's approval",
        "An access policy of Multi Admin Approval protects this in the target; the change was asked for and is not made yet.",
        "Have it approved in the Intune admin centre (Tenant administration, Multi Admin Approval); within three days, go on with import --resume JOURNAL.";
    ASSIGNMENTS_NOT_EXPORTED = "assignments-not-exported", Info, "Policies come without assignments",
        "The other tool's files say nothing of the assignments of these policies: they had none, or the tool did not write them.",
        "Nothing to do if they had none; else export the tenant with this program.";
    ASSIGNMENTS_NOT_WRITTEN = "assignments-not-written", Warning, "Assignments were left out on request",
        "The import was told not to write assignments, so the policy exists but applies to nobody.",
        "Run the import again without --assignments none to assign.";
    BLOCKED_BY = "blocked-by", Error, "Something the policy needs is blocked",
        "The policy refers to another one that cannot be imported.",
        "Solve the finding of the policy it names; this one follows.";
    BROAD_ASSIGNMENT_HELD = "broad-assignment-held", Error, "An assignment to everyone is held back",
        "The policy is assigned to all users or all devices; in a tenant with real users that takes effect at once.",
        "Look at the policy, then run again with --allow-broad.";
    CARRIAGE_RETURNS = "carriage-returns", Warning, "A shell script has the line ends of Windows",
        "Lines of the script end with CR LF; a shell of Linux or macOS takes the CR for a part of the line, so that the script fails.",
        "Save the script with LF line ends in the source, or in its file of the tree.";
    CHANGED_SINCE = "changed-since", Error, "Somebody changed it after the run",
        "The object is not as the run left it, so undoing the run would undo somebody else's work as well.",
        "Look at the object in the target; undo with --force if it may be lost, or change it by hand.";
    CONTENT_GIVEN = "content-given", Info, "A local file becomes the app's content",
        "Graph does not give the content of the app; the folder that was given has a file of the name that the app says.",
        "Nothing to do, if it is the right file.";
    CONTENT_REFUSED = "content-refused", Error, "The service did not take an app's content",
        "The app is there, and its content is not, or it is not published: it cannot be assigned or installed.",
        "Go on with import --resume JOURNAL, or import again with the same --app-content: the app is found, and its content brought.";
    CONTENT_UNUSABLE = "content-unusable", Error, "The file of an app cannot be used",
        "The folder that was given has a file for the app, and it is not what the app needs, or several may be meant.",
        "Put the right file into the folder of --app-content, and run again.";
    COULD_LOCK_OUT = "could-lock-out", Warning, "The policy could lock everybody out",
        "It takes effect at once, holds for all users and excludes nobody: not even the account that would repair it.",
        "Exclude an emergency account or group, or leave out --ca-state keep so that it arrives disabled.";
    CYCLE = "cycle", Error, "Policies refer to each other in a circle",
        "No order of creation satisfies the references.",
        "Remove one of the references in the tree.";
    DAMAGED_FILE = "damaged-file", Error, "A file cannot be read",
        "The file is not what it should be: no JSON, truncated, not a regular file, or not readable.",
        "Repair or remove the file; the others were read.";
    DATE_PASSED = "date-passed", Warning, "A date lies in the past",
        "The policy holds a date that has passed since it was made; in the target it means something else than it did.",
        "Set a date that is to come, or take it out, in the policy's file.";
    DROP_REFUSED = "drop-refused", Error, "This reference cannot be dropped",
        "The mapping drops an object that the policy cannot do without.",
        "Map the object, or leave the policy out.";
    DUPLICATE_ID = "duplicate-id", Error, "Two files hold the same id",
        "Two policies of one type have the same id, so which of them is meant cannot be known.",
        "Remove one of the two files, or take the id out of the one that is to be a new policy.";
    DUPLICATE_KEY = "duplicate-key", Warning, "A JSON object has the same key twice",
        "Only one of the values can count; the last one was taken.",
        "Remove one of the two in the file.";
    DUPLICATE_OBJECT = "duplicate-object", Info, "The same object was found twice",
        "Two files hold the same object with the same content; one is kept.",
        "Nothing to do.";
    EDITED_SINCE_EXPORT = "edited-since-export", Info, "A file differs from SHA256SUMS",
        "The file was changed, added or removed after the last export.",
        "Nothing to do if the edit was intended.";
    EXCLUDED_AND_INCLUDED = "excluded-and-included", Error, "A group is both included and excluded",
        "After mapping, the same target group is an inclusion and an exclusion of one policy.",
        "Map the two source groups to different target groups.";
    EXCLUSION_GROUP_EMPTY = "exclusion-group-empty", Error, "The exclusion would exclude nobody",
        "The excluded group has no members in the target, or is still to be created, so the policy would hit people it must not hit.",
        "Put into the group in the target who is to be excluded, then plan again; or set allowWiden on the mapping entry if it may be empty.";
    EXISTS_DIFFERS = "exists-differs", Warning, "The target's object differs",
        "An object of this name exists in the target with other content; it is not touched without being told.",
        "Compare the two; run again with --on-conflict update to change the target's, or decide policy by policy with --decide.";
    GROUP_EXISTS = "group-exists", Info, "A group to create exists already",
        "The mapping says create, and the target has exactly one group of this name; it is used instead of making a second one.",
        "Nothing to do; set the entry to map if you want it written down.";
    GROUP_LOST = "group-lost", Error, "The group of an assignment is lost",
        "The other tool wrote neither the id nor the name of the group that the policy is assigned to or excluded from.",
        "Look the group up in the source tenant, and map the id that stands there now to the right group of the target.";
    GROUP_TO_CREATE = "group-to-create", Info, "A group is created",
        "The mapping says create, and the target has no group of this name.",
        "Add members after the import where the group has no rule of its own.";
    ID_SHARED = "id-shared", Info, "Two objects have the same id",
        "Two different objects of one type carry the same id, so the second was given one made from its content.",
        "Remove one of the files if it is an older copy of the other.";
    IDENTITY_CHANGED = "identity-changed", Error, "The file holds another policy than before",
        "The policy has no id, so it is known by its file's name; the file now holds a policy of another name or type than the one that the mapping means, and an update would overwrite that one in the target.",
        "If it is another policy, give its file another name; if it is the same one, write its new name into the entry of the mapping as the name of the source.";
    IGNORED_BY_GIT = "ignored-by-git", Error, "Git ignores a file of the tree",
        "A rule in .gitignore, .git/info/exclude or the user's own list keeps the file out of every commit; a tree without it cannot be read again.",
        "Find the rule with `git check-ignore -v FILE`, take it out or add a `!` rule for the tree's folder, and run the export again.";
    IN_USE = "in-use", Error, "Something else uses it",
        "The run made the object, but by now others refer to it or are in it, and would lose it.",
        "Take it out of what uses it and undo again, or undo with --force.";
    INTERNAL_ERROR = "internal-error", Error, "The program met a defect of its own",
        "Something happened that the program does not foresee, so it stopped; what it had written until then is there.",
        "Run the command again, with -vv for more lines; report it with the message. After an import, go on with `import --resume JOURNAL`.";
    LAYOUT_LEFT_OUT = "layout-left-out", Warning, "Something has no place in the layout",
        "The program that the folder is for cannot take this in by its files.",
        "Move it with this program's own export and import, or make it by hand.";
    LEFT_OUT = "left-out", Info, "A part of the policy is left out",
        "A decision says so, or the part does not say what it is about, so Graph has no place for it.",
        "Complete the part in the policy's file, or take it out there; what a decision leaves out is in the file that --decide names.";
    LINK_NOT_EXPORTED = "link-not-exported", Warning, "The export does not say what is linked",
        "Objects of this kind can link to certificate profiles, and the other tool's file does not say whether this one does.",
        "Look at the policy in the source tenant, and add the link to its file in the tree.";
    LINK_UNRESOLVED = "link-unresolved", Error, "A link to another policy was not found",
        "The export names the linked policy only by its name, and not exactly one policy in the folder has it.",
        "Export the linked policy too, or add the link to the policy's file in the tree.";
    LOOKS_LIKE_A_CREDENTIAL = "looks-like-a-credential", Warning, "Something looks like a credential",
        "A script or payload holds text that looks like a password, key or token; it is in the tree in clear text.",
        "Move the secret out of the script, and keep the tree as private as the tenant.";
    MAPPING_NAME_DIFFERS = "mapping-name-differs", Warning, "The name in the mapping is not the name in the tenant",
        "The id binds, but the object has another name than the mapping says; perhaps the id is wrong.",
        "Check the entry; correct the name or the id.";
    MAPPING_TARGET_MISSING = "mapping-target-missing", Error, "The mapping's target does not exist",
        "The mapping names an object that the target tenant does not have.",
        "Correct the entry, or create the object in the target.";
    MAPPING_UNDECIDED = "mapping-undecided", Error, "The mapping is undecided",
        "The mapping does not say what this source object is in the target.",
        "Set the entry's decision to map, create, drop or keep.";
    MATCHED_DEFAULT = "matched-default", Info, "A default of the tenant",
        "This object exists in every tenant and is only matched, never created.",
        "Nothing to do; change the target's own object by hand if it should be the same.";
    MERGED_ASSIGNMENTS_DIFFER = "merged-assignments-differ", Error, "Two assignments became one group's",
        "Two source groups are one group in the target, but were assigned with different filters, intents or settings.",
        "Map them to different groups, or make the two assignments equal in the tree.";
    NAMED_IN_PART = "named-in-part", Warning, "Something is named only in part",
        "The other tool writes one name where there may have been several.",
        "Look at the policy in the source tenant, and add what is missing to its file in the tree.";
    NAMES_OLD_ID = "names-old-id", Warning, "Something of the tenant names the old id",
        "An object that is restored gets a new id; what is named here still has the old one, which leads nowhere.",
        "Where it is in the tree, restore with --on-conflict update; else point it to the new object by hand.";
    NARROWING_DIFFERS = "narrowing-differs", Error, "What narrows the policy means something else in the target",
        "A filter, a group with a rule, a named location or an authentication strength stands for another one in the target, which may let more through.",
        "Make the target's object mean the same, or map to one that does; if the difference is meant, set allowDifferent on its mapping entry.";
    NEEDS_CONTENT = "needs-content", Error, "A file is needed that Graph does not give",
        "The content cannot be exported, so the object cannot be created from the tree alone.",
        "Upload the content in the target by hand.";
    NEEDS_SECRET = "needs-secret", Error, "A secret is needed",
        "The policy holds a secret, which is never in a tree.",
        "Set the environment variable of the name shown to the secret's value and run again.";
    NOT_AVAILABLE = "not-available", Info, "The tenant does not have it",
        "The service does not answer for this type, as it does where a license or a feature is missing; it is neither compared nor taken for empty, and what a tree holds of it stays.",
        "Nothing to do; asked for by its name with --only, it is a failure, and --skip leaves it out.";
    NOT_COMMITTED = "not-committed", Error, "The tree could not be committed",
        "The files of the tree are written, and git did not take the commit.",
        "Solve what git says and run the export again, or commit the files yourself.";
    NOT_COMPARED = "not-compared", Warning, "Nothing can be said of some policies",
        "One side has policies that the other side lacks, but the other side did not look for them, or not to the end.",
        "Export the type again, completely and with the same selection, and compare again.";
    NOT_LOCKED = "not-locked", Warning, "Nothing keeps another import out of the tenant",
        "Two imports into one tenant exclude each other by a file in a folder that all users of the machine share, and no such folder can be used.",
        "See that nobody else imports into the tenant; give /tmp its usual mode (1777), or take away what blocks the lock's name there.";
    NOT_READ = "not-read", Warning, "Something may not be read with these permissions",
        "Microsoft lets it be read only with a permission to write, which the account does not have; it is neither compared nor taken for empty, and what a tree holds of it stays.",
        "Nothing to do for a backup with few permissions, and --skip says of a type that it is meant; else grant the permission that is named.";
    NOT_READY = "not-ready", Error, "The service has not finished with a new object",
        "The object is there, and the service is still at work on it: until it is done it takes no assignments and nothing else that belongs to the object.",
        "Wait some minutes, and go on with import --resume JOURNAL. Where it is never done, look at the object in the admin center.";
    NOT_RECOGNISED = "not-recognised", Warning, "A file was not recognised",
        "The file holds nothing that any known format or policy type explains.",
        "Remove it from the folder, or tell us what it is.";
    NOT_RECORDED = "not-recorded", Error, "What was done could not be written down",
        "The command did its work, and a file that was to tell of it could not be written.",
        "Solve what keeps the file from being written, and run the command again; after an import, `import --resume JOURNAL` records what it made.";
    ORDER_DIFFERS = "order-differs", Info, "It stands at another place in the target's order",
        "The first policy of such a list that fits a device counts, and the target's list is in another order than the tree's.",
        "Import with --on-conflict update to bring the policies of the tree into its order; others keep their places.";
    PART_NOT_EXPORTED = "part-not-exported", Warning, "The export does not hold a part of the policy",
        "The part stands in requests of its own, which the other tool did not make; the policy is adopted without it.",
        "Look at the policy in the source tenant, or export it with this program.";
    PAYLOAD_NOT_TAKEN = "payload-not-taken", Warning, "A script or profile beside the policies was not taken",
        "What a policy holds itself is adopted; this file holds something else, so it was edited or belongs to no policy.",
        "If the edit is wanted, put the content into the policy's file in the tree.";
    PILOT_UNDECIDED = "pilot-undecided", Error, "What the pilot group gets must be chosen",
        "A device takes only one policy of this kind, or one group can be assigned to it in only one way, and the tree has several.",
        "Choose with --decide which policy the pilot group gets.";
    PLAIN_FORM = "plain-form", Info, "Something was asked for more plainly than usual",
        "The service refused the usual form of a request and answered a plainer one, so that nothing is missing; it took more requests.",
        "Nothing to do.";
    PLATFORM_DIFFERS = "platform-differs", Error, "A property cannot be changed after creation",
        "The existing object differs in a property that Graph accepts only at creation.",
        "Delete the target's object, or import under another name.";
    PREREQUISITE_MISSING = "prerequisite-missing", Warning, "The target lacks what the policy needs",
        "The policy can be created, but does nothing, or not all it should, until the target has what is named.",
        "Set up in the target what is named; the policy then takes effect by itself.";
    PREREQUISITE_UNKNOWN = "prerequisite-unknown", Info, "Whether the target has what the policy needs is not known",
        "The account may not read whether the target has what the policy needs.",
        "Look in the admin centre whether the target has it.";
    READ_FAILED = "read-failed", Error, "Something could not be read from the tenant",
        "The request failed, so what the tree holds of it is kept as it was.",
        "Solve what the message says and run again.";
    REFERENCE_UNREADABLE = "reference-unreadable", Warning, "A referenced object cannot be read",
        "A policy refers to an object that was deleted, or that this account may not see; its name is not known.",
        "Remove the reference in the tenant, or grant the permission to read it.";
    REMOVAL_HELD = "removal-held", Error, "Files would be removed",
        "Policies of the tree were not found, and it may be that the account only sees less than before; nothing was removed.",
        "If all of these were really deleted, run again with --accept-removals; else sign in with an account that sees them.";
    RETIRED = "retired", Warning, "The service no longer accepts this",
        "Graph refuses to create objects of this kind or from this template.",
        "Rebuild the policy as a settings catalog policy.";
    SCHEMA = "schema", Warning, "Graph's types do not have this",
        "The file holds a property, a shape or a value that Graph's published types do not know, so Graph would refuse it.",
        "Correct the file; if the tenant's Graph is newer than this program, install a newer version.";
    SECRET_NOT_READABLE = "secret-not-readable", Info, "A secret is not in the file of secrets",
        "Graph shows it to nobody, or it would be wrong in another tenant.",
        "When importing, set the environment variable of its name, or add it to the file (docs/secrets.md).";
    SECRETS_FILE_KEPT = "secrets-file-kept", Error, "The file of secrets was left as it was",
        "Not everything could be read from the tenant, so the new file might lack secrets that the old one has.",
        "Solve what could not be read and export again, or name a new file with --secrets.";
    SEVERAL_SOURCE_TENANTS = "several-source-tenants", Warning, "The folder holds exports of several tenants",
        "The migration tables in the folder name different tenants, so none is taken as the source.",
        "Adopt each tenant's folder into a tree of its own.";
    SIDECAR_REFUSED = "sidecar-refused", Error, "A sidecar's name is not allowed",
        "A sidecar must be a bare file name of a regular file in the policy's own folder.",
        "Put the file beside the policy's JSON and name it there.";
    SOURCE_ID_LEFT = "source-id-left", Error, "Something of the source tenant is left",
        "The policy still holds an id, the tenant id or a domain of the source tenant.",
        "Add a mapping entry for the id, or a text pair for the text.";
    STALE_STEP = "stale-step", Error, "The target changed since the plan",
        "What the step relies on is no longer as the plan saw it.",
        "Make a new plan and look at it.";
    TENANT_BOUND = "tenant-bound", Warning, "Bound to its tenant",
        "This object cannot exist in another tenant.",
        "Set it up in the target by hand.";
    TENANT_PLACEHOLDER = "tenant-placeholder", Warning, "A placeholder stands for the tenant id",
        "The other tool wrote a placeholder for the tenant id, and the folder does not say which tenant that is.",
        "Run map, which proposes a text pair for the placeholder; until one is decided, the policy is blocked.";
    TEXT_IN_SIGNED_PAYLOAD = "text-in-signed-payload", Error, "A text replacement would break a payload",
        "The text to replace stands inside a payload that is signed or binary.",
        "Replace the payload by one made for the target.";
    TEXT_REPLACED = "text-replaced", Info, "A text or an id in a text was replaced",
        "A text pair of the mapping, or the new id of an object, was put into a text or payload.",
        "Look whether the text still means what it should.";
    TOO_MANY_CHANGES = "too-many-changes", Error, "The plan would do more than was allowed",
        "It would create or change more policies than --max-creates or --max-updates allows, so nothing of it is carried out.",
        "Look at the plan; raise the limit if it is right, or select less with --only, --skip and --name.";
    TREE_INCOMPLETE = "tree-incomplete", Warning, "The tree is not whole",
        "The last export into it was stopped, failed in part or held removals back: policies may be missing in it, or out of date.",
        "Export the tenant into it until that ends with 0, then run this again.";
    UNKNOWN_REFERENCE = "unknown-reference", Error, "The mapping does not know this id",
        "The policy refers to an object that is neither in the tree nor in the mapping.",
        "Run map again, or add an entry for it.";
    UNSUPPORTED_REFERENCE = "unsupported-reference", Error, "A kind of reference that is not handled yet",
        "The policy refers to a kind of object that this version cannot map.",
        "Leave the policy out and rebuild it by hand in the target.";
    VERIFY_DIFFERS = "verify-differs", Error, "The target is not what was written",
        "Reading back gave something else than what was sent.",
        "Look at the difference; run verify again in a minute, then plan again.";
    WOULD_WIDEN = "would-widen", Error, "Dropping this would make the policy hit more people",
        "The reference narrows who is hit or strengthens what is demanded.",
        "Map it, or set allowWiden on the entry if that is what you want.";
    WRITE_FAILED = "write-failed", Error, "Graph refused a write",
        "The request failed; nothing that depends on it was sent.",
        "Solve what the message says, then plan and import again.";
    WRONG_SHAPE = "wrong-shape", Error, "A part of the policy is not understood",
        "Assignments, a part or a reference are of another shape than they must have, so nobody knows what they say; they are not taken for nothing.",
        "Correct the place in the policy's file, or export the policy again; in the target, correct the object there.";
}

/// Finds a row by its name.
pub fn find(name: &str) -> Option<&'static Code> {
    ALL.iter().copied().find(|code| code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        let names: Vec<_> = ALL.iter().map(|code| code.name).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }

    #[test]
    fn every_row_says_why_and_what_to_do() {
        for code in ALL {
            assert!(code.reason.ends_with('.') && code.fix.ends_with('.'), "{}", code.name);
        }
    }
}
