//! The options in front of what a launcher starts, and what follows them.

/// Options and the words behind them.
#[derive(Debug, Default)]
pub(crate) struct Options {
    /// Option and value; the value is empty where the option takes none.
    flags: Vec<(String, String)>,
    /// Everything from the first word that is no option.
    pub(crate) rest: Vec<String>,
}

impl Options {
    /// Reads options up to the first word that is none. `valued` lists those that take the next word.
    pub(crate) fn read(words: &[String], valued: &[&str]) -> Self {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                options.rest.extend(words.cloned());
                break;
            }
            if !word.starts_with('-') || word == "-" {
                options.rest.push(word.clone());
                options.rest.extend(words.cloned());
                break;
            }
            match word.split_once('=') {
                Some((flag, value)) => options.flags.push((flag.to_owned(), value.to_owned())),
                None if valued.contains(&word.as_str()) => {
                    options.flags.push((word.clone(), words.next().cloned().unwrap_or_default()));
                }
                None => options.flags.push((word.clone(), String::new())),
            }
        }
        options
    }

    /// The values of some options, in the order written.
    pub(crate) fn values(&self, names: &[&str]) -> Vec<&str> {
        let wanted = self.flags.iter().filter(|(flag, _)| names.contains(&flag.as_str()));
        wanted.map(|(_, value)| value.as_str()).collect()
    }

    /// The first of some options that was written.
    pub(crate) fn first(&self, names: &[&str]) -> Option<&str> {
        self.values(names).first().copied()
    }

    /// Which of some options were written.
    pub(crate) fn present<'a>(&'a self, names: &[&str]) -> Vec<&'a str> {
        let wanted = self.flags.iter().filter(|(flag, _)| names.contains(&flag.as_str()));
        wanted.map(|(flag, _)| flag.as_str()).collect()
    }

    /// Drops the first word behind the options.
    pub(crate) fn shift(&mut self) -> Option<String> {
        if self.rest.is_empty() { None } else { Some(self.rest.remove(0)) }
    }
}
