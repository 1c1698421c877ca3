//! Sheets as spreadsheet programs save them: what is read of them, and what is refused.
#![expect(clippy::unwrap_used, reason = "tests may fail loudly")]

use encoding_rs::WINDOWS_1252;
use proptest::prelude::*;

use super::super::testing::{catalogue, entry, mapping, pair};
use super::table::table;
use super::*;
use crate::mapping::file::{Decision, Mapping, Named, TextPair};
use crate::mapping::parse::MappingError;

fn sample(name: &str) -> Mapping {
    let mut sample = mapping(vec![
        entry("group", "a1", Decision::Map, Some("t1")),
        entry("group", "b2", Decision::Undecided, None),
        entry("user", "u1", Decision::Drop, None),
    ]);
    sample.entries[0].source.name = Some(name.to_owned());
    sample.entries[1].candidates = vec![Named::new("x", Some(name))];
    sample.text = vec![pair("old", name), pair("kept", "kept")];
    sample.text.push(TextPair { find: "open".into(), ..TextPair::default() });
    sample
}

fn sheet(mapping: &Mapping) -> String {
    to_csv(mapping, Separator::default())
}

fn read(text: impl AsRef<[u8]>, mapping: &mut Mapping) -> Result<Separator, MappingError> {
    read_csv(text.as_ref(), "m.csv", mapping, &catalogue())
}

/// What is wrong with the sheet; the mapping stays as it was.
fn refused(text: impl AsRef<[u8]>) -> String {
    let mut into = sample("N");
    let error = read(text, &mut into).unwrap_err().to_string();
    assert_eq!(into.to_text(), sample("N").to_text());
    error
}

/// The sheet of the sample, in which someone decided.
fn decided() -> String {
    let text = sheet(&sample("Gäste „West“")).replace("\"b2\",\"\",\"undecided\",\"\"", "\"b2\",\"\",\"Map \",\"t2\"");
    text.replace("\"open\",\"undecided\",\"\",\"\"", "\"open\",\"map\",\"\",\"new\"")
}

#[test]
fn no_cell_is_a_formula() {
    for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "＝1"] {
        let text = sheet(&sample(name));
        for row in table(text.strip_prefix(MARK).unwrap()).rows {
            assert!(row.cells.iter().all(|cell| cell.starts_with('\'') || !is_dangerous(cell)), "{row:?}");
        }
        let mut into = sample(name);
        read(&text, &mut into).unwrap();
        assert_eq!(into.to_text(), sample(name).to_text());
    }
}

#[test]
fn decisions_are_read_however_the_sheet_was_saved() {
    let text = decided();
    let text = text.strip_prefix(MARK).unwrap();
    let semicolons = text.replace("\",\"", "\";\"");
    let tabs = text.replace("\",\"", "\t").replace('"', "");
    let utf16 =
        |text: &str| [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat();
    let cp1252 = |text: &str| WINDOWS_1252.encode(text).0.into_owned();
    let mac = text.replace("\r\n", "\r").into_bytes();
    for (saved, separator) in [
        (decided().into_bytes(), Separator::Comma),
        (semicolons.clone().into_bytes(), Separator::Semicolon),
        (semicolons.replace("\r\n", "\n").into_bytes(), Separator::Semicolon),
        (format!("sep=;\r\n{semicolons}").into_bytes(), Separator::Semicolon),
        (mac, Separator::Comma),
        (cp1252(&semicolons), Separator::Semicolon),
        (utf16(&tabs), Separator::Tab),
        (utf16(&tabs)[2..].to_vec(), Separator::Tab),
    ] {
        let mut into = sample("Gäste „West“");
        assert_eq!(read(&saved, &mut into).unwrap(), separator, "{}", String::from_utf8_lossy(&saved));
        let chosen = into.entry("group", "b2").unwrap();
        assert_eq!((chosen.decision, chosen.target_id()), (Decision::Map, Some("t2")));
        let replaced = |find: &str| into.text.iter().find(|pair| pair.find == find)?.replace.clone();
        assert_eq!(replaced("open").as_deref(), Some("new"));
        assert_eq!(replaced("old").as_deref(), Some("Gäste „West“"));
    }
}

#[test]
fn undecided_rows_take_nothing_back() {
    let mut into = sample("N");
    into.entries[1].decision = Decision::Drop;
    read(sheet(&sample("N")), &mut into).unwrap();
    assert_eq!(into.entry("group", "b2").unwrap().decision, Decision::Drop);
}

#[test]
fn characters_that_are_not_certain_are_not_guessed() {
    // As an old Mac saves it, and as a system of eastern Europe does, whose letters are others.
    let known = sample("Gäste");
    let mac: Vec<u8> = sheet(&known).replace(MARK, "").bytes().collect();
    let mac = String::from_utf8(mac).unwrap().replace('ä', "\u{1}").into_bytes();
    let mac: Vec<u8> = mac.into_iter().map(|byte| if byte == 1 { 0x8a } else { byte }).collect();
    let mut into = known.clone();
    read(&mac, &mut into).unwrap();
    assert_eq!(into.to_text(), known.to_text());
    let eastern: Vec<u8> = mac.into_iter().map(|byte| if byte == 0x8a { 0xb9 } else { byte }).collect();
    let error = read(&eastern, &mut into).unwrap_err().to_string();
    assert!(error.contains("not UTF-8") && error.contains("CSV UTF-8"), "{error}");
}

#[test]
fn what_is_not_understood_is_named_by_its_cell() {
    let plain = sheet(&sample("N"));
    let twice = plain.lines().nth(3).unwrap().replace("drop", "keep");
    for (text, said) in [
        (plain.replacen("\"drop\"", "\"away\"", 1), "cell D4: `away` is not a decision"),
        (plain.replacen("\"drop\"", "\"away\"", 1).replacen("\r\n", "\r\n\r\n", 1), "cell D5: `away`"),
        (plain.replacen("\"user\"", "\"usr\"", 1), "cell A4: there is no kind `usr`, did you mean `user`"),
        (plain.replacen("\"drop\"", "\"map\"", 1), "cell D4: `map` without a target"),
        (plain.replacen("\"undecided\",\"\"", "\"undecided\",\"t9\"", 1), "cell D2: the row has a target"),
        (plain.replacen("\"decision\"", "\"what\"", 1), "cell A1: the column `decision` is missing"),
        (plain.replacen("\"how\"", "\"kind\"", 1), "cell G1: there are two columns `kind`"),
        (format!("{plain}{twice}\r\n"), "cell B8: row 4 is for the same object"),
        (format!("{plain}\"text\",\"\",\"OLD\",\"away\""), "cell D8: `away`"),
        (
            plain
                .replace("\"\"\r\n\"text\"", "\"WAHR\"\r\n\"text\"")
                .replace("\"u1\",\"\",\"drop\"", "\"u1\",\"\",\"keep\""),
            "cell K4: `WAHR`",
        ),
        (format!("{plain}group,c3,Sales, West,drop,,,,,,,"), "cell D8: `West` is not"),
        (format!("{plain}group,c3,Sales,drop,,,,,,,,West"), "cell L8: the row has more cells"),
        (format!("{plain}group,1.2E+15,Sales,drop,,"), "cell B8: `1.2E+15` is a number"),
        (format!("{plain}group,c3,\"Sales,drop,,\r\nuser,x,,drop,,\r\n"), "cell C8: the closing quotation mark"),
        (String::new(), "cell A1: the column `kind` is missing"),
    ] {
        let error = refused(&text);
        assert!(error.contains(&format!("m.csv, {said}")), "{error}\n{text}");
    }
    assert!(refused([0xff, 0xfe, 0x00]).contains("encoding is not understood"));
}

proptest! {
    #[test]
    fn any_name_comes_back(name in any::<String>(), form in 0..3) {
        let separator = [Separator::Comma, Separator::Semicolon, Separator::Tab][usize::try_from(form).unwrap()];
        let mut into = sample(&name);
        read(to_csv(&sample(&name), separator), &mut into).unwrap();
        prop_assert_eq!(into.to_text(), sample(&name).to_text());
    }

    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in any::<String>()) {
        let _ = read(&bytes, &mut sample("N"));
        let _ = read(format!("kind,source id,source name,decision,target id,target name\n{text}"), &mut sample("N"));
    }
}

#[test]
fn no_cell_has_control_characters_and_every_row_still_finds_its_entry() {
    let odd = "a\u{1b}[31m\u{7}\r\nb\u{9b}c\t";
    let mut before = sample(odd);
    before.entries[0].target = Some(Named::new("t1", Some(odd)));
    before.text = vec![pair(odd, "new"), pair("old", odd), TextPair { find: format!("{odd}2"), ..TextPair::default() }];
    let text = sheet(&before);
    assert!(!text.trim_start_matches(MARK).contains(|c: char| c.is_control() && c != '\r' && c != '\n'), "{text:?}");
    assert_eq!(text.lines().count(), 1 + before.entries.len() + before.text.len(), "{text:?}");
    let mut after = before.clone();
    read(&text, &mut after).unwrap();
    assert_eq!(after.to_text(), before.to_text());
    let json = before.to_text();
    assert!(!json.contains(|c: char| c.is_control() && c != '\n'), "{json:?}");
    assert_eq!(Mapping::parse(&json, "m.json", &catalogue()).unwrap().to_text(), json);
    // A decision is taken by the row as it is shown.
    let decided = text.replace("2\",\"undecided\",\"\",\"\"", "2\",\"map\",\"\",\"there\"");
    read(&decided, &mut after).unwrap();
    let pair = after.text.iter().find(|pair| pair.find == format!("{odd}2")).unwrap();
    assert_eq!((pair.replace.as_deref(), after.text.len()), (Some("there"), 3), "{decided}");
}

#[test]
fn a_name_that_was_changed_beside_the_old_id_is_refused() {
    let mut known = sample("N");
    known.entries[0].target = Some(Named::new("t1", Some("Sales")));
    let text = sheet(&known).replace("\"t1\",\"Sales\"", "\"t1\",\"Finance\"");
    let error = read(&text, &mut known.clone()).unwrap_err().to_string();
    assert!(error.contains("cell F") && error.contains("still that of `Sales`"), "{error}");
    read(text.replace("\"t1\",\"Finance\"", "\"\",\"Finance\""), &mut known).unwrap();
    let chosen = known.entry("group", "a1").and_then(|entry| entry.target.clone());
    assert_eq!(chosen, Some(Named { id: None, name: Some("Finance".into()) }));
}
