//! What is uploaded to one address: a signature with an end, blocks, and the list that makes them a whole
//! (documentation of Azure Storage: Put Block, Put Block List, service SAS).

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use uuid::Uuid;

use crate::tenant::opened;

/// Where it is below the sandbox's address.
pub(crate) const PREFIX: &str = "_storage/";
/// A block's id has at most so many bytes before it is encoded.
const LONGEST_ID: usize = 64;

/// What is uploaded to one address.
#[derive(Debug)]
pub(crate) struct Blob {
    pub name: String,
    signature: String,
    expires: Instant,
    expires_at: String,
    blocks: BTreeMap<String, Vec<u8>>,
    /// The blocks that the content is made of.
    committed: BTreeMap<String, Vec<u8>>,
    whole: Option<Vec<u8>>,
}

impl Blob {
    pub(crate) fn new(lifetime: Duration) -> Self {
        let mut blob = Self {
            name: Uuid::new_v4().to_string(),
            signature: String::new(),
            expires: Instant::now(),
            expires_at: String::new(),
            blocks: BTreeMap::new(),
            committed: BTreeMap::new(),
            whole: None,
        };
        blob.renew(lifetime);
        blob
    }

    /// A new signature; the one before is good no longer.
    pub(crate) fn renew(&mut self, lifetime: Duration) {
        self.signature = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.expires = Instant::now() + lifetime;
        let at = jiff::Timestamp::now().checked_add(lifetime).unwrap_or(jiff::Timestamp::MAX);
        self.expires_at = at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    }

    pub(crate) fn expires(&self) -> &str {
        &self.expires_at
    }

    /// The address with its signature, as the service gives it.
    pub(crate) fn address(&self, origin: &str) -> String {
        let Self { name, signature, expires_at, .. } = self;
        let until = expires_at.replace(':', "%3A");
        format!("{origin}/{PREFIX}{name}?sv=2017-04-17&sr=b&se={until}&sp=rw&sig={signature}%3D")
    }

    /// The content, once its list of blocks is there.
    pub(crate) fn content(&self) -> Option<&[u8]> {
        self.whole.as_deref()
    }

    pub(crate) fn put(&mut self, query: &BTreeMap<String, String>, body: &[u8]) -> Result<(), (u16, &'static str)> {
        let part = |name: &str| query.get(name).map_or("", String::as_str);
        if part("sig") != format!("{}=", self.signature) || self.expires <= Instant::now() {
            return Err((403, "AuthenticationFailed"));
        }
        match part("comp") {
            "block" => {
                let id = part("blockid").to_owned();
                let good = opened::base64(&id).is_some_and(|bytes| !bytes.is_empty() && bytes.len() <= LONGEST_ID);
                let alike = self.blocks.keys().next().is_none_or(|other| other.len() == id.len());
                if !good || !alike || body.is_empty() {
                    return Err((400, "InvalidBlobOrBlock"));
                }
                self.blocks.insert(id, body.to_vec());
                Ok(())
            }
            "blocklist" => {
                let listed = listed(body).ok_or((400, "InvalidXmlDocument"))?;
                let (mut whole, mut used) = (Vec::new(), BTreeMap::new());
                for (id, is_latest) in listed {
                    let committed = || self.committed.get(&id).filter(|_| is_latest);
                    let block = self.blocks.get(&id).or_else(committed).ok_or((400, "InvalidBlockList"))?;
                    whole.extend(block);
                    used.insert(id, block.clone());
                }
                (self.whole, self.committed) = (Some(whole), used);
                self.blocks.clear();
                Ok(())
            }
            _ => Err((400, "InvalidQueryParameterValue")),
        }
    }
}

/// The ids of a list of blocks, in their order, and whether each may be one of the content before.
fn listed(body: &[u8]) -> Option<Vec<(String, bool)>> {
    let document = roxmltree::Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let root = document.root_element();
    let ids = root.children().filter(roxmltree::Node::is_element).map(|node| {
        let name = node.tag_name().name();
        let known = ["Latest", "Uncommitted"].contains(&name);
        node.text().filter(|_| known).map(|id| (id.to_owned(), name == "Latest"))
    });
    if root.tag_name().name() == "BlockList" { ids.collect() } else { None }
}
