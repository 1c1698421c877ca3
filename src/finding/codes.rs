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
    /// Why this matters.
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
    AMBIGUOUS_MATCH = "ambiguous-match", Error, "Several objects in the target match",
        "The target has more than one object of this type and name, and choosing one would be a guess.",
        "Name the right object in the mapping (kind = the policy type, decision = map), or rename one of the objects in the target.";
    AMBIGUOUS_REFERENCE = "ambiguous-reference", Error, "An ID has two meanings",
        "In the rewritten tree, an ID belongs to an object in the target according to the mapping, and also to an object in the source.",
        "Plan from the exported tree with --mapping instead of from the rewritten tree.";
    APPLIES_TO_NOBODY = "applies-to-nobody", Warning, "The policy has no included group left",
        "The mapping dropped every group that the policy was assigned to, so the policy is created but applies to no one.",
        "Map at least one of the groups if the policy should apply to someone.";
    APPROVAL_NEEDED = "approval-needed", Error, "A second administrator must approve this change",
        "An access policy of Multi Admin Approval protects this object in the target, and every change needs a justification.",
        "Import again with --justification TEXT to request the approval, or exclude this app from the access policy.";
    APPROVAL_PENDING = "approval-pending", Error, "The change is waiting for a second administrator's approval",
        "An access policy of Multi Admin Approval protects this object in the target; the change has been requested but not made.",
        "Have the request approved in the Intune admin center (Tenant administration, Multi Admin Approval), then continue with import --resume JOURNAL within three days.";
    ASSIGNMENTS_NOT_EXPORTED = "assignments-not-exported", Info, "The policies have no assignments in the tree",
        "The other tool's files contain no assignments for these policies: either they had none, or the tool did not export them.",
        "If they had none, no action is needed. Otherwise export the tenant with this program.";
    ASSIGNMENTS_NOT_WRITTEN = "assignments-not-written", Warning, "Assignments were left out on request",
        "With --assignments none, the policy is created but applies to no one.",
        "To assign the policy, import again without --assignments none.";
    BLOCKED_BY = "blocked-by", Error, "The policy depends on a blocked policy",
        "The policy refers to another policy that cannot be imported.",
        "Fix the finding of the policy that is named; this policy is then no longer blocked.";
    BROAD_ASSIGNMENT_HELD = "broad-assignment-held", Error, "An assignment to all users or all devices is held back",
        "The policy is assigned to all users or all devices; in a production tenant that takes effect at once.",
        "Review the policy, then import again with --allow-broad.";
    CARRIAGE_RETURNS = "carriage-returns", Warning, "A shell script has Windows line endings",
        "Lines of the script end with CR LF. A shell on Linux or macOS reads the CR as part of the line, so the script fails.",
        "Save the script with LF line endings in the source, or in its file in the tree.";
    CHANGED_SINCE = "changed-since", Error, "The object was changed after the import",
        "The object no longer has the content that the import gave it, so undoing the import would also discard the later change.",
        "Review the object in the target. Use undo --force to discard the later change, or revert the object manually.";
    CONTENT_GIVEN = "content-given", Info, "A local file becomes the app's content",
        "Graph does not return the app's content; the folder contains a file with the app's file name.",
        "No action is needed if this is the right file.";
    CONTENT_REFUSED = "content-refused", Error, "Intune refused an app's content",
        "The app exists, but its content is missing or not published, so the app cannot be assigned or installed.",
        "Continue with import --resume JOURNAL, or import again with the same --app-content: the existing app is found and its content uploaded.";
    CONTENT_UNUSABLE = "content-unusable", Error, "An app's file cannot be used",
        "The folder has a file for the app, but it is not the kind of file that the app needs, or several files match.",
        "Put the right file into the --app-content folder and run the command again.";
    COULD_LOCK_OUT = "could-lock-out", Warning, "The policy could lock everyone out",
        "The policy takes effect at once, applies to all users and excludes no one, not even the account that would repair it.",
        "Exclude an emergency access account or group, or omit --ca-state keep so that the policy is created disabled.";
    CREATE_ONLY_DIFFERS = "create-only-differs", Warning, "A property stays different in the target",
        "The existing object differs in a property that Graph accepts only at creation. The program updates the rest, and never deletes an object to create it again.",
        "If the difference matters, delete the target's object and import again: it is then created as it is in the tree.";
    CYCLE = "cycle", Error, "Policies refer to each other in a circle",
        "Each of these policies needs another one to exist first, so none can be created first.",
        "Remove one of the references in the tree.";
    DAMAGED_FILE = "damaged-file", Error, "A file cannot be read",
        "The file is not valid JSON, is truncated, is not a regular file, or cannot be opened.",
        "Repair or remove the file. All other files were read.";
    DATE_PASSED = "date-passed", Warning, "A date is in the past",
        "The policy contains a date that has passed since the policy was created, so it has a different effect in the target.",
        "Set a future date in the policy's file, or remove the date.";
    DROP_REFUSED = "drop-refused", Error, "The reference cannot be dropped",
        "The mapping drops an object that the policy requires.",
        "Map the object, or leave the policy out.";
    DUPLICATE_ID = "duplicate-id", Error, "Two files have the same ID",
        "Two policies of one type have the same ID, so the program cannot tell which one to use.",
        "Remove one of the two files, or delete the ID from the file that should become a new policy.";
    DUPLICATE_KEY = "duplicate-key", Warning, "A JSON object has the same key twice",
        "Only one of the values can be used; the last one was used.",
        "Remove one of the two keys from the file.";
    DUPLICATE_OBJECT = "duplicate-object", Info, "The same object was found twice",
        "Two files contain the same object with the same content; one of them is used.",
        "No action is needed.";
    EDITED_HELD = "edited-held", Error, "An edited file was not overwritten",
        "The file was edited after it was last written, the new content is different, and the last git commit does not have the edit, so it would be lost.",
        "Commit the edit, make the same change in the tenant, or discard the edit. To keep the edit, run again with --keep-edited; to write the tenant's content, use --overwrite-edited.";
    EDITED_KEPT = "edited-kept", Info, "An edited file is kept on request",
        "The file was edited after it was last written, the new content is different, and --keep-edited is set.",
        "No action is needed; --overwrite-edited writes the tenant's content.";
    EDITED_OVERWRITTEN = "edited-overwritten", Warning, "An edited file was overwritten",
        "The file was edited after it was last written, and the tenant's content is different. Either the last git commit has the edit, or --overwrite-edited is set.",
        "If you need the edit, get it from git or from another copy of the tree.";
    EDITED_SINCE_EXPORT = "edited-since-export", Info, "A file differs from SHA256SUMS",
        "The file was changed, added or removed after the last export.",
        "No action is needed if the edit was intended.";
    EXCLUDED_AND_INCLUDED = "excluded-and-included", Error, "A group is both included and excluded",
        "After mapping, the policy includes and excludes the same group in the target.",
        "Map the two source groups to different groups in the target.";
    EXCLUSION_GROUP_EMPTY = "exclusion-group-empty", Error, "The excluded group is empty in the target",
        "The excluded group has no members in the target, or does not exist yet, so the policy would apply to people that it must not apply to.",
        "Add the members to exclude to the group in the target and plan again, or set allowWiden on the mapping entry if the group is meant to be empty.";
    EXISTS_DIFFERS = "exists-differs", Warning, "The object exists in the target with different settings",
        "The target has an object of this name with different settings; the import does not change it unless you ask for that.",
        "Compare the two, then use --on-conflict update to change the target's object, or decide per policy with --decide.";
    GPO_CONFLICT = "gpo-conflict", Warning, "Group policy objects set the same setting differently",
        "In group policy, the links decide which value applies to a device. In Intune, devices that get both policies report a conflict and keep neither value.",
        "Decide which value is right, and remove the setting from the other policy in the tree, or assign the policies to different groups.";
    GPO_FILTERED = "gpo-filtered", Warning, "The group policy object applies only to some of what it is linked to",
        "Security filtering, a WMI filter or disabled user or computer settings make the object apply to fewer devices and people than its links say, so its policies were left without assignments.",
        "Create a group or an assignment filter that reaches the same devices or people, and assign the policy to it in the target.";
    GPO_LINKED = "gpo-linked", Info, "An organizational unit becomes a group",
        "Intune assigns policies to groups, not to organizational units, so each link became an assignment to a group that has the unit's path as its name.",
        "In the mapping, name the group of the target that has the devices or people of the organizational unit.";
    GROUP_EXISTS = "group-exists", Info, "A group to create already exists",
        "The mapping says create, but the target already has exactly one group of this name; that group is used.",
        "No action is needed. Set the entry to map to record the group in the mapping.";
    GROUP_LOST = "group-lost", Error, "The group of an assignment is unknown",
        "The other tool exported neither the ID nor the name of a group that the policy includes or excludes.",
        "Look up the group in the source tenant, and map the ID that the tree has for it to the right group in the target.";
    GROUP_TO_CREATE = "group-to-create", Info, "A group will be created",
        "The mapping says create, and the target does not have a group of this name.",
        "If the group does not have a membership rule, add its members after the import.";
    ID_SHARED = "id-shared", Info, "Two objects have the same ID",
        "Two different objects of one type have the same ID, so the second was given an ID derived from its content.",
        "Remove one of the files if it is an older copy of the other.";
    IDENTITY_CHANGED = "identity-changed", Error, "The file contains a different policy than before",
        "The policy has no ID, so it is identified by its file name. The file now contains a policy with a different name or type than the mapping records, and an update would overwrite the earlier policy in the target.",
        "If this is a different policy, rename its file. If it is the same policy, enter its new name as the source name in the mapping entry.";
    IGNORED_BY_GIT = "ignored-by-git", Error, "Git ignores a file of the tree",
        "A rule in .gitignore, .git/info/exclude or the user's own ignore file keeps the file out of every commit; the tree cannot be read without it.",
        "Find the rule with `git check-ignore -v FILE`, remove it or add a `!` rule for the tree's folder, and export again.";
    IN_USE = "in-use", Error, "Other objects use this object",
        "The import created the object, but other objects now refer to it or are members of it and would lose it.",
        "Remove the object from whatever uses it and undo again, or use undo --force.";
    INTERNAL_ERROR = "internal-error", Error, "A bug in this program",
        "The program met a situation that it was not written for and stopped; everything it had written so far is kept.",
        "Run the command again with -vv for more detail, and report the bug with the message. After an import, continue with `import --resume JOURNAL`.";
    LAYOUT_LEFT_OUT = "layout-left-out", Warning, "The layout cannot hold this",
        "The program that the folder is for cannot import this from its files.",
        "Move the object with this program's export and import, or create it manually.";
    LEFT_OUT = "left-out", Info, "A part of the policy is left out",
        "A decision leaves the part out, or the part is incomplete so that Graph would not accept it.",
        "Complete or remove the part in the policy's file. Decisions are in the file that --decide names.";
    LINK_NOT_EXPORTED = "link-not-exported", Warning, "The other tool did not export links",
        "Objects of this kind can link to certificate profiles, and the other tool's file does not show whether this one does.",
        "Check the policy in the source tenant, and add the link to the policy's file in the tree.";
    LINK_UNRESOLVED = "link-unresolved", Error, "A link to another policy cannot be resolved",
        "The other tool exported only the name of the linked policy, and the folder has no policy of that name, or several.",
        "Export the linked policy too, or add the link to the policy's file in the tree.";
    LOOKS_LIKE_A_CREDENTIAL = "looks-like-a-credential", Warning, "A text looks like a credential",
        "A script or payload contains text that looks like a password, key or token; the tree holds it in clear text.",
        "Remove the secret from the script, and keep the tree as private as the tenant.";
    MAPPING_NAME_DIFFERS = "mapping-name-differs", Warning, "The name in the mapping is not the name in the target",
        "The ID decides, but the object with this ID has a different name than the mapping says; the ID may be wrong.",
        "Check the entry, and correct the name or the ID.";
    MAPPING_TARGET_MISSING = "mapping-target-missing", Error, "The target of a mapping entry does not exist",
        "The mapping names an object that the target tenant does not have, or no longer has.",
        "Map the entry to another object in the target, or run map with --create-missing KIND to let the import create the object again.";
    MAPPING_UNDECIDED = "mapping-undecided", Error, "A mapping entry is undecided",
        "The mapping does not say which object in the target replaces this source object.",
        "Set the entry's decision to map, create, drop or keep.";
    MATCHED_DEFAULT = "matched-default", Info, "The object exists in every tenant",
        "Every tenant has this object; it is only matched, never created.",
        "No action is needed. To make the two equal, change the target's object manually.";
    MERGED_ASSIGNMENTS_DIFFER = "merged-assignments-differ", Error, "Two different assignments map to one group",
        "Two source groups map to one group in the target, but were assigned with different filters, intents or settings.",
        "Map the source groups to different groups, or make the two assignments equal in the tree.";
    NAMED_IN_PART = "named-in-part", Warning, "Only one of several names may have been exported",
        "The other tool writes one name where the policy may have several.",
        "Check the policy in the source tenant, and add what is missing to its file in the tree.";
    NAMES_OLD_ID = "names-old-id", Warning, "Objects in the tenant still refer to the old ID",
        "A restored object gets a new ID; the objects listed here still refer to the old ID, which no longer exists.",
        "If the objects are in the tree, restore with --on-conflict update; otherwise update their references manually.";
    NARROWING_DIFFERS = "narrowing-differs", Error, "A restriction has a different meaning in the target",
        "A filter, dynamic group, named location or authentication strength of the same name is defined differently in the target and may let more through.",
        "Change the target's object to have the same meaning, or map to another object. If the difference is intended, set allowDifferent on the mapping entry.";
    NEEDS_CONTENT = "needs-content", Error, "A file is needed that Graph does not return",
        "The content cannot be exported, so the object cannot be created from the tree alone.",
        "Upload the content in the target manually.";
    NEEDS_SECRET = "needs-secret", Error, "A secret is needed",
        "The policy contains a secret, and secrets are never written to a tree.",
        "Set the environment variable that is named to the value of the secret, or write a secrets file with `intune-ferry secrets template`, and run the command again.";
    NOT_AVAILABLE = "not-available", Info, "The tenant does not have this feature",
        "Intune does not answer for this type, as happens when a license or feature is missing. The type is skipped in comparisons, and existing files are kept.",
        "No action is needed. If you name the type with --only, this counts as a failure; use --skip TYPE to silence it.";
    NOT_COMMITTED = "not-committed", Error, "The tree could not be committed",
        "The files of the tree were written, but git refused the commit.",
        "Fix the error that git reports and export again, or commit the files yourself.";
    NOT_COMPARED = "not-compared", Warning, "Some policies could not be compared",
        "One side has policies that the other side did not look for, or did not read completely.",
        "Export the type again, completely and with the same selection, and compare again.";
    NOT_LOCKED = "not-locked", Warning, "Other imports into the tenant are not locked out",
        "An import locks its target tenant with a file in a folder that all users of the computer share, and no such folder can be used.",
        "Make sure that no one else imports into the tenant. Give /tmp its usual mode (1777), or remove what blocks the lock file there.";
    NOT_READ = "not-read", Warning, "The service refused to show this",
        "The service refused the request: Microsoft lets only an account with a write permission, or only a signed-in user, read this, or the tenant's service does not know the call. It is skipped in comparisons, and existing files are kept.",
        "For a read-only backup, ignore this or use --skip TYPE to silence it. Otherwise grant the permission that is named, or sign in as a user.";
    NOT_READY = "not-ready", Error, "Intune is still processing a new object",
        "The object exists, but Intune is still processing it and does not accept its assignments or other parts yet.",
        "Wait a few minutes, then continue with import --resume JOURNAL. If this does not help, check the object in the admin center.";
    NOT_RECOGNIZED = "not-recognized", Warning, "A file was not recognized",
        "The file does not match any known format or policy type.",
        "Remove the file from the folder, or report what it is.";
    NOT_RECORDED = "not-recorded", Error, "A result could not be written to a file",
        "The command did its work, but a file that should record it could not be written.",
        "Fix what prevents the file from being written and run the command again. After an import, `import --resume JOURNAL` records what was created.";
    ORDER_DIFFERS = "order-differs", Info, "The priority order differs in the target",
        "Of these policies, the first one that matches a device applies, and the target's order differs from the tree's.",
        "Import with --on-conflict update to put the tree's policies in the tree's order; other policies keep their places.";
    PART_NOT_EXPORTED = "part-not-exported", Warning, "The other tool did not export a part of the policy",
        "The part needs separate requests, which the other tool did not make; the policy is adopted without it.",
        "Check the policy in the source tenant, or export it with this program.";
    PAYLOAD_NOT_TAKEN = "payload-not-taken", Warning, "A separate script or profile file was ignored",
        "The content inside the policy's own file is used; this separate file differs from it or belongs to no policy.",
        "If the file has the content you want, put the content into the policy's file in the tree.";
    PILOT_UNDECIDED = "pilot-undecided", Error, "The policy for the pilot group is not chosen",
        "A device can receive only one policy of this kind, or the group can be assigned in only one way, and the tree has several.",
        "Choose with --decide which policy the pilot group gets.";
    PLAIN_FORM = "plain-form", Info, "A simpler request was used",
        "Graph refused the usual form of a request and answered a simpler one; nothing is missing, but more requests were needed.",
        "No action is needed.";
    PLATFORM_DIFFERS = "platform-differs", Error, "A property cannot be changed after creation",
        "The existing object differs in a property that Graph accepts only at creation and that the rest of the policy depends on, or Graph does not change objects of this type.",
        "Delete the target's object, or import under a different name.";
    POLICY_NOT_CONVERTED = "policy-not-converted", Warning, "A policy does not convert and stays as it is",
        "Only a policy of which every setting converts becomes a settings catalog policy: one half of a policy in each place would be hard to follow.",
        "Look at the findings of its settings, change the policy in the tree, and convert the tree again; or leave the policy as it is.";
    PREREQUISITE_MISSING = "prerequisite-missing", Warning, "The target lacks something the policy needs",
        "The policy can be created, but has no effect, or only part of its effect, until the target has what is named.",
        "Set up what is named in the target; the policy then takes effect automatically.";
    PREREQUISITE_UNKNOWN = "prerequisite-unknown", Info, "Cannot check whether the target has something the policy needs",
        "The account does not have permission to check whether the target has something that the policy needs.",
        "Check this in the admin center.";
    PROFILE_HAS_SECRET = "profile-has-secret", Warning, "A configuration profile contained a secret",
        "A tree never contains a secret. A password, a shared secret or a private key was taken out of the profile, and a name is in its place.",
        "When importing, provide each secret under its name, in an environment variable or a secrets file (docs/secrets.md). A binary one is provided as base64.";
    PROFILE_KEPT_WHOLE = "profile-kept-whole", Info, "A configuration profile stays a custom profile",
        "The settings catalog does not have every key of the profile, or the conversion is not known, so the profile became a custom profile with the same content.",
        "No action is needed; look for the settings in the settings catalog if you want to edit them in the Intune admin center.";
    PROFILE_SCOPED = "profile-scoped", Warning, "The scope of a Jamf Pro profile was not converted completely",
        "Intune assigns policies to groups. Single devices and people of the scope were left out; with limitations, or exclusions that are not groups, the policy was left without assignments.",
        "Create a group or an assignment filter that reaches the same devices or people, and assign the policy to it in the target.";
    READ_FAILED = "read-failed", Error, "Something could not be read from the tenant",
        "The request failed. An export keeps the existing files as they were; an import does not know whether the target has what was sent.",
        "Fix the error in the message and run the command again.";
    REFERENCE_UNREADABLE = "reference-unreadable", Warning, "A referenced object cannot be read",
        "A policy refers to an object that was deleted, or that this account cannot see, so its name is unknown.",
        "Remove the reference in the tenant, or grant permission to read the object.";
    REMOVAL_HELD = "removal-held", Error, "Files would be removed",
        "Policies of the tree were not found, possibly because the account can see less than before; nothing was removed.",
        "If all of these policies were really deleted, run again with --accept-removals. Otherwise sign in with an account that can see them.";
    RETIRED = "retired", Warning, "Microsoft has retired this kind of policy",
        "Graph refuses to create objects of this kind or from this template.",
        "Create the policy again as a settings catalog policy.";
    SCHEMA = "schema", Warning, "The file does not match Graph's published types",
        "The file contains a property, a shape or a value that Graph's published types do not have, so Graph would refuse it.",
        "Correct the file. If the tenant's Graph is newer than this program, install a newer version of this program.";
    SECRET_NOT_READABLE = "secret-not-readable", Info, "A secret is missing from the secrets file",
        "Graph never returns this secret, or the secret would be wrong in another tenant.",
        "Before the import, set the environment variable of its name, or add it to the secrets file (docs/secrets.md).";
    SECRETS_FILE_KEPT = "secrets-file-kept", Error, "The secrets file was not changed",
        "The tenant could not be read completely, so a new file might lack secrets that the existing file has.",
        "Fix the read errors and export again, or name a new file with --secrets.";
    SETTING_NOT_CONVERTED = "setting-not-converted", Warning, "A setting has no counterpart",
        "The settings catalog does not have this setting or this value, so the converted policy does not contain it.",
        "Decide whether the setting is still needed, and configure it in another way.";
    SETTING_NOT_RECOGNIZED = "setting-not-recognized", Warning, "A setting is not recognized",
        "No administrative template and no table of the program explains the setting, so it is not known what it becomes in Intune.",
        "If it is a setting of group policy, run the command again with --admx and the folder that contains its ADMX and ADML files.";
    SETTING_OTHER_FORM = "setting-other-form", Info, "A setting has another form in Intune",
        "The settings catalog has the setting under another name or with another form of value; the value was converted.",
        "No action is needed; compare the value if the setting is important.";
    SETTING_SUPERSEDED = "setting-superseded", Info, "Something newer has taken a setting's place",
        "Windows or the product no longer uses the setting, or another setting of the same object already gives this value.",
        "Set the newer setting if you need it.";
    SEVERAL_SOURCE_TENANTS = "several-source-tenants", Warning, "The folder contains exports of several tenants",
        "The migration tables in the folder name different tenants, so the program cannot tell which one is the source.",
        "Adopt each tenant's folder into a separate tree.";
    SIDECAR_REFUSED = "sidecar-refused", Error, "A sidecar's name is not allowed",
        "A sidecar must be named by its file name alone and be a regular file in the policy's own folder.",
        "Put the file next to the policy's JSON file and enter its name there.";
    SOURCE_ID_LEFT = "source-id-left", Error, "A value of the source tenant is left",
        "The policy still contains an ID, the tenant ID or a domain of the source tenant.",
        "Add a mapping entry for the ID, or a text pair for the text.";
    STALE_STEP = "stale-step", Error, "The target has changed since the plan was made",
        "Something that this step relies on has changed in the target since the plan was made.",
        "Make a new plan and review it.";
    STOPPED = "stopped", Error, "The import ended before this was written",
        "The import was stopped, or ended with an error. Everything that was written before stays.",
        "Continue it with import --resume JOURNAL.";
    TENANT_BOUND = "tenant-bound", Warning, "The object is tied to its tenant",
        "This object cannot exist in another tenant.",
        "Set up the object in the target manually.";
    TENANT_PLACEHOLDER = "tenant-placeholder", Warning, "A placeholder is used for the tenant ID",
        "The other tool wrote a placeholder for the tenant ID, and the folder does not show which tenant that is.",
        "Run map, which proposes a text pair for the placeholder; the policy is blocked until the pair is decided.";
    TEXT_IN_SIGNED_PAYLOAD = "text-in-signed-payload", Error, "A text replacement would break a payload",
        "The text to replace is inside a signed or binary payload.",
        "Replace the payload with one made for the target.";
    TEXT_REPLACED = "text-replaced", Info, "A text, or an ID in a text, was replaced",
        "A text pair of the mapping, or an object's new ID, was inserted into a text or payload.",
        "Check that the text still has the right meaning.";
    TOO_MANY_CHANGES = "too-many-changes", Error, "The plan exceeds a limit",
        "The plan would create or change more policies than --max-creates or --max-updates allows, so nothing is imported.",
        "Review the plan. Raise the limit if the plan is right, or select fewer policies with --only, --skip and --name.";
    TREE_INCOMPLETE = "tree-incomplete", Warning, "The tree is incomplete",
        "The last export into the tree was stopped, failed in part or held back removals, so policies may be missing or out of date.",
        "Export the tenant again until the export ends with exit code 0, then run this command again.";
    UNKNOWN_REFERENCE = "unknown-reference", Error, "An ID is missing from the mapping",
        "The policy refers to an object that is neither in the tree nor in the mapping.",
        "Run map again, or add an entry for the ID.";
    UNSUPPORTED_REFERENCE = "unsupported-reference", Error, "This kind of reference is not supported yet",
        "The policy refers to a kind of object that this version cannot map.",
        "Leave the policy out and create it manually in the target.";
    VERIFY_DIFFERS = "verify-differs", Error, "The target differs from what was written",
        "The content that was read back is not the content that was sent.",
        "Review the difference. Run verify again in a minute, then plan again.";
    WOULD_WIDEN = "would-widen", Error, "Dropping the reference would make the policy apply to more people",
        "The reference limits who the policy applies to, or strengthens what the policy requires.",
        "Map the reference, or set allowWiden on the entry if you want this effect.";
    WRITE_FAILED = "write-failed", Error, "Graph refused a write",
        "The request failed; nothing that depends on it was sent.",
        "Fix the error in the message, then plan and import again.";
    WRONG_SHAPE = "wrong-shape", Error, "A part of the policy is not understood",
        "Assignments, a part or a reference do not have the form that they must have. Their meaning is unknown, so they are not treated as empty.",
        "Correct this place in the policy's file, or export the policy again. If the target has the problem, correct the object there.";
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
