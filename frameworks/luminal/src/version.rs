//! Which version of a crate this runner is compiled with.

const LOCK: &str = include_str!("../Cargo.lock");

/// As Cargo.lock says.
pub fn of(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    LOCK.split_once(&entry).and_then(|(_, rest)| rest.split_once('"')).map_or("unknown", |(version, _)| version)
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn versions_are_those_of_the_lock_file() {
        assert_eq!(of("luminal"), "0.2.0");
        assert_eq!(of("no such crate"), "unknown");
    }
}
