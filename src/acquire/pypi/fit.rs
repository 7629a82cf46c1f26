//! A wheel's tags and a machine to whether a client would install it there.

use pep440_rs::Version;

use super::filename::Form;

/// The machine that the package would be installed on.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// Its Python; `None` where none was found.
    pub(super) python: Option<Version>,
    /// `linux`, `macos`, `windows`, ….
    pub(super) system: &'static str,
    /// `x86_64`, `aarch64`, ….
    pub(super) processor: &'static str,
}

impl Machine {
    /// The machine that this runs on.
    pub(super) fn of_this(python: Option<Version>) -> Self {
        Self { python, system: std::env::consts::OS, processor: std::env::consts::ARCH }
    }
}

/// How well a wheel fits, the best last.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Fit {
    /// Built for another machine or Python.
    Other,
    /// Python source only.
    Pure,
    /// Built for this kind of machine, which clients prefer.
    Native,
}

/// How well a wheel fits a machine; `None` for what is no wheel.
pub(super) fn fit(form: &Form, machine: &Machine) -> Option<Fit> {
    let Form::Wheel { python, interface, platform } = form else { return None };
    let is_any = platform.iter().any(|tag| tag == "any");
    let runs = is_any || platform.iter().any(|tag| fits_platform(tag, machine));
    if !runs || !python.iter().any(|tag| fits_interpreter(tag, interface, machine)) {
        return Some(Fit::Other);
    }
    Some(if is_any { Fit::Pure } else { Fit::Native })
}

fn fits_platform(tag: &str, machine: &Machine) -> bool {
    let processor = match (machine.system, machine.processor) {
        ("macos" | "windows", "aarch64") => "arm64",
        ("windows", "x86_64") => "amd64",
        (_, processor) => processor,
    };
    match machine.system {
        "linux" => (tag.starts_with("manylinux") || tag.starts_with("linux")) && tag.ends_with(processor),
        "macos" => tag.starts_with("macosx") && (tag.ends_with(processor) || tag.ends_with("universal2")),
        "windows" => tag.starts_with("win") && tag.ends_with(processor),
        _ => false,
    }
}

/// `py3`, `py311` and `cp311` against the Python that is there; an unknown Python fits all.
fn fits_interpreter(tag: &str, interface: &[String], machine: &Machine) -> bool {
    let Some(digits) = tag.strip_prefix("py").or_else(|| tag.strip_prefix("cp")) else { return false };
    let Some((major, minor)) = digits.split_at_checked(1) else { return false };
    let Some(python) = &machine.python else { return major == "3" };
    let release = python.release();
    let (own_major, own_minor) =
        (release.first().copied().unwrap_or(3), release.get(1).copied().unwrap_or(0));
    if major.parse() != Ok(own_major) {
        return false;
    }
    let Ok(minor) = minor.parse::<u64>() else { return minor.is_empty() };
    let is_open = tag.starts_with("py") || interface.iter().any(|tag| tag == "abi3");
    if is_open { minor <= own_minor } else { minor == own_minor }
}

#[cfg(test)]
mod tests {
    use super::super::filename;
    use super::*;

    #[test]
    fn fits_wheels_to_machines() {
        for (system, processor, tags, expected) in [
            ("linux", "x86_64", "py3-none-any", Fit::Pure),
            ("linux", "x86_64", "cp311-cp311-manylinux_2_17_x86_64", Fit::Native),
            ("linux", "x86_64", "cp38-abi3-manylinux2014_x86_64", Fit::Native),
            ("linux", "x86_64", "cp312-abi3-manylinux2014_x86_64", Fit::Other),
            ("linux", "x86_64", "cp311-cp311-musllinux_1_1_x86_64", Fit::Other),
            ("linux", "aarch64", "cp311-cp311-manylinux2014_x86_64", Fit::Other),
            ("linux", "aarch64", "py3-none-manylinux2014_aarch64", Fit::Native),
            ("macos", "aarch64", "cp311-cp311-macosx_11_0_arm64", Fit::Native),
            ("macos", "aarch64", "cp311-cp311-macosx_11_0_universal2", Fit::Native),
            ("macos", "x86_64", "cp311-cp311-macosx_11_0_arm64", Fit::Other),
            ("windows", "x86_64", "py3-none-win_amd64", Fit::Native),
            ("windows", "x86_64", "py3-none-win32", Fit::Other),
            ("linux", "x86_64", "py2-none-any", Fit::Other),
            ("linux", "x86_64", "pp310-pypy310_pp73-manylinux2014_x86_64", Fit::Other),
            ("linux", "x86_64", "py-none-any", Fit::Other),
        ] {
            let name = filename::parse(&format!("x-1-{tags}.whl"), "x").unwrap();
            let machine = Machine { python: "3.11.7".parse().ok(), system, processor };
            assert_eq!(fit(&name.form, &machine), Some(expected), "{system} {processor} {tags}");
        }
    }
}
