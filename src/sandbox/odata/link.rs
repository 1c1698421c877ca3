//! Links as they are stored: relative, one object or one element of its parts.

/// A stored link: `deviceManagement/deviceConfigurations('id')`, or one step further down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub root: String,
    pub id: String,
    pub part: Option<(String, String)>,
}

impl Link {
    /// Reads a stored link.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (root, rest) = text.split_once("('")?;
        let (id, rest) = rest.split_once("')")?;
        let part = match rest.strip_prefix('/') {
            Some(below) => {
                let (name, rest) = below.split_once("('")?;
                Some((name.to_owned(), rest.strip_suffix("')")?.to_owned()))
            }
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self { root: root.to_owned(), id: id.to_owned(), part })
    }

    /// The link as it is stored.
    pub(crate) fn text(&self) -> String {
        match &self.part {
            Some((name, id)) => format!("{}('{}')/{name}('{id}')", self.root, self.id),
            None => format!("{}('{}')", self.root, self.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_links_are_read_back() {
        for text in ["a/b('x')", "a/b('x')/c('y')"] {
            assert_eq!(Link::parse(text).map(|l| l.text()).as_deref(), Some(text));
        }
        for text in ["a/b", "a/b('x", "a/b('x')c", ""] {
            assert_eq!(Link::parse(text), None);
        }
    }
}
