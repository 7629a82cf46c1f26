//! Reports to files and standard streams.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use super::{
    Stop,
    arguments::Options,
    environment,
    files::{remove, replace},
};
use crate::{
    acquire::Settings,
    report::{self, FORMATS, Format, Run, plain::Plain},
};

/// One `--output FORMAT=FILE`.
pub(super) struct Output {
    format: &'static dyn Format,
    /// `None` for the standard output.
    file: Option<PathBuf>,
}

/// Reads every `--output`, and refuses what contradicts itself before anything is scanned.
pub(super) fn parse(written: &[String]) -> Result<Vec<Output>, Stop> {
    let mut outputs: Vec<Output> = Vec::new();
    for text in written {
        let names: Vec<&str> = FORMATS.iter().map(|format| format.name()).collect();
        let stop = |why: String| {
            Stop::new(format!("no scan was performed: `--output {text}`: {why}"))
                .hint(format!("write FORMAT=FILE, with one of these formats: {}", names.join(", ")))
        };
        let Some((name, file)) = text.split_once('=') else {
            return Err(stop("there is no `=`".to_owned()));
        };
        let Some(format) = report::format(name) else {
            return Err(stop(format!("no format is called `{name}`")));
        };
        let file = match file {
            "" => return Err(stop("there is no file".to_owned())),
            "-" => None,
            file => Some(PathBuf::from(file)),
        };
        if outputs.iter().any(|output| output.file == file) {
            return Err(stop("another output goes to the same place".to_owned()));
        }
        outputs.push(Output { format, file });
    }
    Ok(outputs)
}

/// Writes every output, and the plain report to a standard stream unless the user wants quiet.
pub(super) fn write(
    run: &Run,
    outputs: &[Output],
    options: &Options,
    settings: &Settings,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> Result<(), Stop> {
    for output in outputs {
        if let Some(why) = output.format.nothing(run) {
            nothing(output, why, options, stderr)?;
            continue;
        }
        let mut bytes = Vec::new();
        output.format.render(run, &mut bytes).map_err(|error| failed("a report", &error))?;
        match &output.file {
            None => stream(stdout, &bytes)?,
            Some(file) => replace(file, &bytes).map_err(|error| {
                failed(&format!("`{}`", file.display()), &error)
                    .hint("the directory must exist and be writable")
            })?,
        }
    }
    if options.quiet {
        return Ok(());
    }
    let to_stdout = outputs.iter().all(|output| output.file.is_some());
    let style = environment::style(options.color, environment::is_terminal(to_stdout), &settings.environment);
    let mut bytes = Vec::new();
    Plain { style }.render(run, &mut bytes).map_err(|error| failed("the plain report", &error))?;
    stream(if to_stdout { stdout } else { stderr }, &bytes)
}

/// Says why an output has no content. What an earlier run wrote there would be taken for an answer of
/// this one, so it goes.
fn nothing(output: &Output, why: &str, options: &Options, stderr: &mut dyn Write) -> Result<(), Stop> {
    let name = output.format.name();
    let place = match &output.file {
        None => format!("`{name}`"),
        Some(file) => {
            remove(file).map_err(|error| failed(&format!("`{}`", file.display()), &error))?;
            format!("`{}`", file.display())
        }
    };
    if options.quiet {
        return Ok(());
    }
    stream(stderr, format!("{place} was not written: {why}\n").as_bytes())
}

pub(super) fn failed(what: &str, error: &io::Error) -> Stop {
    Stop::new(format!("{what} was not written: {error}"))
}

/// Writes to a stream; a reader that has gone away changes no verdict.
fn stream(stream: &mut dyn Write, bytes: &[u8]) -> Result<(), Stop> {
    match stream.write_all(bytes).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(failed("the standard output", &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(written: &[&str]) -> String {
        let written: Vec<String> = written.iter().map(|text| (*text).to_owned()).collect();
        parse(&written).err().map(|stop| stop.message).unwrap_or_default()
    }

    #[test]
    fn refuses_outputs_that_cannot_be_meant() {
        for (written, why) in [
            (&["json"][..], "there is no `=`"),
            (&["xml=x"], "no format is called `xml`"),
            (&["json="], "there is no file"),
            (&["json=-", "sarif=-"], "another output goes to the same place"),
            (&["json=a", "sarif=a"], "another output goes to the same place"),
        ] {
            let message = refused(written);
            assert!(
                message.starts_with("no scan was performed: `--output ") && message.ends_with(why),
                "{message}"
            );
        }
        assert_eq!(refused(&["json=-", "sarif=b", "plain=c=d"]), "");
    }
}
