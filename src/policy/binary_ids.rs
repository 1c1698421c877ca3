//! Ids that stand in bytes as sixteen of them, as compiled policies and security descriptors hold them. Only ids that
//! are known beforehand are looked for: any sixteen bytes could be one.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

/// So many bytes an id has.
const LENGTH: usize = 16;
/// An id with fewer different bytes than this is too much like a row of zeros or a constant of some format.
const LEAST_DIFFERENT: usize = 5;

/// Ids as they stand in bytes: with the first three groups turned round, as Windows writes them, or in the order in
/// which they are read.
#[derive(Debug, Clone, Default)]
pub struct BinaryIds {
    ids: HashMap<[u8; LENGTH], String>,
    /// The first two bytes of all of them: most places in a file are passed over by these.
    starts: HashSet<[u8; 2]>,
}

impl BinaryIds {
    /// Makes ready to look for ids; what is not a GUID is left out.
    pub fn of<'i>(ids: impl Iterator<Item = &'i String>) -> Self {
        let mut all = Self::default();
        for id in ids {
            let Ok(own) = Uuid::try_parse(id) else { continue };
            if own.as_bytes().iter().collect::<HashSet<_>>().len() < LEAST_DIFFERENT {
                continue;
            }
            for bytes in [own.to_bytes_le(), own.into_bytes()] {
                all.starts.insert([bytes[0], bytes[1]]);
                all.ids.insert(bytes, id.to_ascii_lowercase());
            }
        }
        all
    }

    /// The ids that stand in these bytes.
    pub fn in_bytes(&self, bytes: &[u8]) -> Vec<&str> {
        let windows = bytes.windows(LENGTH).filter_map(|window| <[u8; LENGTH]>::try_from(window).ok());
        let here = windows.filter(|window| self.starts.contains(&[window[0], window[1]]));
        here.filter_map(|window| self.ids.get(&window).map(String::as_str)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_known_id_is_found_wherever_and_however_it_stands(
            own in any::<[u8; 16]>(), before in prop::collection::vec(any::<u8>(), 0..40),
            after in prop::collection::vec(any::<u8>(), 0..40), turned in any::<bool>(),
        ) {
            let id = Uuid::from_bytes(own);
            prop_assume!(own.iter().collect::<HashSet<_>>().len() >= LEAST_DIFFERENT);
            let inside = if turned { id.to_bytes_le() } else { own };
            let bytes = [&before[..], &inside, &after].concat();
            let ids = BinaryIds::of([id.to_string()].iter());
            prop_assert!(ids.in_bytes(&bytes).contains(&id.to_string().as_str()));
            prop_assert!(ids.in_bytes(&bytes[..before.len() + 15]).is_empty());
        }
    }

    #[test]
    fn a_row_of_zeros_is_nobodys_id() {
        let ids = ["00000000-0000-0000-0000-000000000000", "00000003-0000-0000-c000-000000000000", "not an ID"];
        let ids = BinaryIds::of(ids.map(String::from).iter());
        assert!(ids.in_bytes(&[0; 64]).is_empty());
        assert!(ids.in_bytes(Uuid::from_u128(0x3_0000_0000_c000_0000_0000_0000).as_bytes()).is_empty());
    }
}
