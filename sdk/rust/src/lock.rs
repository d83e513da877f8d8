//! Which version of a crate a runner is compiled with: few say it themselves.

/// As the text of a Cargo.lock says, of the first crate of that name; "unknown" where there is none.
pub fn locked_version(lock: &'static str, name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        let lock = include_str!("../Cargo.lock");
        assert_eq!(locked_version(lock, "assay-runner"), env!("CARGO_PKG_VERSION"));
        assert!(locked_version(lock, "safetensors").starts_with("0."));
        assert_eq!(locked_version(lock, "no such crate"), "unknown");
    }
}
