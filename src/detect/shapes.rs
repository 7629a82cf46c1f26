//! Characters and names by the shape that a reader sees.

use unicode_security::confusable_detection::skeleton;

/// The ASCII letter or digit that looks like `c`, in lower case.
pub(super) fn ascii_twin(c: char) -> Option<char> {
    if c.is_ascii() {
        return None;
    }
    let mut buffer = [0; 4];
    let mut shape = skeleton(c.encode_utf8(&mut buffer));
    let twin = shape.next().filter(char::is_ascii_alphanumeric)?;
    shape.next().is_none().then(|| twin.to_ascii_lowercase())
}

/// A lower-case name with every character as the letter that it is read as.
pub(super) fn of_name(name: &str) -> String {
    let plain = name.chars().map(|c| match ascii_twin(c).unwrap_or(c) {
        '0' => 'o',
        '1' => 'l',
        '3' => 'e',
        '5' => 's',
        c => c,
    });
    plain.collect::<String>().replace("rn", "m").replace("vv", "w")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_names_as_a_person_does() {
        for (name, other) in [
            ("g1thub", "glthub"),
            ("rnemory", "memory"),
            ("s1ack", "slack"),
            ("ѕlасk", "slack"),
            ("n0tion", "notion"),
        ] {
            assert_eq!(of_name(name), of_name(other), "{name}");
        }
        assert_ne!(of_name("context7"), of_name("context8"));
        assert_eq!(ascii_twin('é'), None);
    }
}
