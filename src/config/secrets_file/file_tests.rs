//! Tests of the file of secrets: what goes in comes out, for its recipient, and nothing else says anything.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use std::path::PathBuf;

use super::super::keys::tests::pair;
use super::*;

const PLAIN: &str = "hunter2 \"ß\" \n </a>";

struct Place {
    folder: tempfile::TempDir,
    recipients: Recipients,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (key, public) = pair();
        std::fs::write(folder.path().join("key.txt"), key).unwrap();
        Self { folder, recipients: Recipients::parse(&[public]).unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The file with this inside.
    fn holding(&self, inside: &str) -> PathBuf {
        let mut encrypted = Vec::new();
        let mut writer =
            Encryptor::with_recipients(self.recipients.iter()).unwrap().wrap_output(&mut encrypted).unwrap();
        writer.write_all(inside.as_bytes()).unwrap();
        writer.finish().unwrap();
        std::fs::write(self.path("s.age"), encrypted).unwrap();
        self.path("s.age")
    }
}

fn secrets() -> Secrets {
    [("FERRY_A_1", PLAIN), ("FERRY_B_2", "x")].map(|(key, value)| (key.to_owned(), value.into())).into()
}

fn shown(secrets: &Secrets) -> Vec<(&str, &str)> {
    secrets.iter().map(|(key, value)| (key.as_str(), value.expose_secret())).collect()
}

#[test]
fn what_goes_in_comes_out_for_its_owner_alone() {
    let place = Place::new();
    let file = place.path("s.age");
    save(&file, &place.recipients, &secrets()).unwrap();
    assert_eq!(shown(&load(&file, &place.path("key.txt")).unwrap()), shown(&secrets()));
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(7).any(|part| part == b"hunter2" || part == b"FERRY_A"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    check_target(&file).unwrap();
    save(&file, &place.recipients, &Secrets::new()).unwrap();
    assert!(load(&file, &place.path("key.txt")).unwrap().is_empty());
    assert_eq!(std::fs::read_dir(place.folder.path()).unwrap().count(), 2);
}

#[test]
fn several_may_open_it_and_age_armour_is_read() {
    let (one, other) = (Place::new(), Place::new());
    let public = |place: &Place| format!("{:?}", place.recipients).trim_matches(['[', ']', '"']).to_owned();
    let both = Recipients::parse(&[public(&one), public(&other)]).unwrap();
    let file = one.path("s.age");
    save(&file, &both, &secrets()).unwrap();
    for place in [&one, &other] {
        assert_eq!(load(&file, &place.path("key.txt")).unwrap().len(), 2);
    }
    let mut armoured = age::armor::ArmoredWriter::wrap_output(Vec::new(), age::armor::Format::AsciiArmor).unwrap();
    armoured.write_all(&std::fs::read(&file).unwrap()).unwrap();
    std::fs::write(&file, armoured.finish().unwrap()).unwrap();
    check_target(&file).unwrap();
    assert_eq!(load(&file, &one.path("key.txt")).unwrap().len(), 2);
}

#[test]
fn each_way_to_fail_has_its_own_words() {
    let (place, stranger) = (Place::new(), Place::new());
    let (file, key) = (place.path("s.age"), place.path("key.txt"));
    save(&file, &place.recipients, &secrets()).unwrap();
    let wrong = load(&file, &stranger.path("key.txt")).unwrap_err();
    assert!(matches!(wrong, SecretsFileError::WrongIdentity { .. }), "{wrong}");
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for damaged in [&whole[..whole.len() - 1], &whole[..30], &flipped] {
        std::fs::write(&file, damaged).unwrap();
        let error = load(&file, &key).unwrap_err();
        assert!(matches!(error, SecretsFileError::Damaged { .. }), "{error}");
    }
    std::fs::write(&file, "{}").unwrap();
    assert!(matches!(load(&file, &key), Err(SecretsFileError::NotAge { .. })));
    assert!(matches!(check_target(&file), Err(SecretsFileError::NotReplaced { .. })));
    assert!(matches!(load(&place.path("none.age"), &key), Err(SecretsFileError::Unreadable { .. })));
    check_target(&place.path("none.age")).unwrap();
    let into_nothing = save(&place.path("no/such/s.age"), &place.recipients, &secrets()).unwrap_err();
    assert!(matches!(into_nothing, SecretsFileError::Unwritable { .. }), "{into_nothing}");
}

#[test]
fn what_is_wrong_inside_is_told_by_its_place_and_never_repeated() {
    let place = Place::new();
    for (inside, line) in [
        ("{\"format\": 1, \"secrets\": {\"A\":\n 7}}", 2),
        ("{\"format\": \"hunter2\", \"secrets\": {}}", 1),
        ("{\"format\": 1, \"hunter2\": {}}", 1),
        ("hunter2", 1),
    ] {
        let error = load(&place.holding(inside), &place.path("key.txt")).unwrap_err();
        assert!(matches!(error, SecretsFileError::Content { line: found, .. } if found == line), "{error}");
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let later = place.holding("{\"format\": 2, \"secrets\": {}}");
    assert!(load(&later, &place.path("key.txt")).unwrap_err().to_string().contains("format 2"));
    let with_schema = place.holding("{\"$schema\": \"x\", \"format\": 1, \"secrets\": {\"FERRY_A\": \"v\"}}");
    assert_eq!(load(&with_schema, &place.path("key.txt")).unwrap().len(), 1);
}

#[test]
fn what_is_inside_is_what_the_schema_says() {
    let schema = serde_json::from_str(include_str!("../../../policies-schema/secrets.schema.json")).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    let schema = jsonschema::validator_for(&schema).unwrap();
    let place = Place::new();
    let file = place.path("s.age");
    save(&file, &place.recipients, &secrets()).unwrap();
    let keys = identities(&place.path("key.txt")).unwrap();
    let encrypted = std::fs::read(&file).unwrap();
    let decryptor = Decryptor::new_buffered(encrypted.as_slice()).unwrap();
    let mut inside = String::new();
    let mut opened = decryptor.decrypt(keys.iter().map(|key| key as &dyn age::Identity)).unwrap();
    opened.read_to_string(&mut inside).unwrap();
    assert!(schema.is_valid(&serde_json::from_str(&inside).unwrap()), "{inside}");
    assert!(inside.starts_with("{\n  \"format\": 1,") && inside.ends_with("}\n"), "{inside}");
    for wrong in
        ["{\"format\": 2, \"secrets\": {}}", "{\"format\": 1, \"secrets\": {\"PATH\": \"x\"}}", "{\"format\": 1}"]
    {
        assert!(!schema.is_valid(&serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}
