//! `--serial`: a file or a pseudo-terminal at the modem port of the first machine.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What is at the modem port.
pub(crate) struct Serial {
    /// What is still to be typed.
    input: Vec<u8>,
    /// Where the output goes at the end.
    file: Option<PathBuf>,
    output: Vec<u8>,
    #[cfg(unix)]
    pty: Option<pty::Pty>,
}

impl Serial {
    /// `place` as given with `--serial`, `input` with `--serial-input`.
    pub(crate) fn open(place: Option<&str>, input: Option<&Path>) -> Result<Serial, String> {
        let input = match input {
            Some(path) => fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?,
            None => Vec::new(),
        };
        let file = place.filter(|&place| place != "pty").map(PathBuf::from);
        if let Some(file) = &file
            && file.exists()
        {
            return Err(format!(
                "{}: exists; choose another file for --serial",
                file.display()
            ));
        }
        #[cfg(not(unix))]
        if place == Some("pty") {
            return Err("--serial pty: this system has no pseudo-terminals; name a file".into());
        }
        Ok(Serial {
            input,
            file,
            output: Vec::new(),
            #[cfg(unix)]
            pty: match place {
                Some("pty") => Some(pty::Pty::open()?),
                _ => None,
            },
        })
    }

    /// Writes the file, whole.
    pub(crate) fn finish(self) -> Result<(), String> {
        let Some(file) = self.file else {
            return Ok(());
        };
        let mut name = file.as_os_str().to_owned();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = PathBuf::from(name);
        let say = |error: std::io::Error| format!("{}: {error}", file.display());
        let written = fs::write(&partial, &self.output).and_then(|()| fs::rename(&partial, &file));
        if let Err(error) = &written
            && error.kind() != ErrorKind::NotFound
        {
            let _ = fs::remove_file(&partial);
        }
        written.map_err(say)
    }
}

impl Serial {
    /// What was typed since the last call.
    pub(crate) fn input(&mut self) -> Vec<u8> {
        #[cfg(unix)]
        if let Some(pty) = &mut self.pty {
            self.input.extend(pty.read());
        }
        std::mem::take(&mut self.input)
    }

    /// What the machine has sent since the last call.
    pub(crate) fn output(&mut self, bytes: &[u8]) {
        #[cfg(unix)]
        if let Some(pty) = &mut self.pty {
            pty.write(bytes);
        }
        if self.file.is_some() {
            self.output.extend(bytes);
        }
    }
}

#[cfg(unix)]
mod pty {
    use rustix::fd::OwnedFd;
    use rustix::fs::{Mode, OFlags};
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    use rustix::{fs, io};

    /// Both ends of a pseudo-terminal: with nobody at the far end it must not hang up.
    pub(super) struct Pty {
        near: OwnedFd,
        _far: OwnedFd,
    }

    impl Pty {
        /// Opens one and says its name. Raw: what the machine sends is not echoed to it, and no character means anything.
        pub(super) fn open() -> Result<Pty, String> {
            let open = || -> io::Result<(Pty, String)> {
                let near = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
                grantpt(&near)?;
                unlockpt(&near)?;
                let name = ptsname(&near, Vec::new())?;
                let far = fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
                let mut modes = tcgetattr(&far)?;
                modes.make_raw();
                tcsetattr(&far, OptionalActions::Now, &modes)?;
                fs::fcntl_setfl(&near, fs::fcntl_getfl(&near)? | OFlags::NONBLOCK)?;
                let name = name.to_string_lossy().into_owned();
                Ok((Pty { near, _far: far }, name))
            };
            let (pty, name) =
                open().map_err(|error| format!("--serial pty: no pseudo-terminal: {error}"))?;
            eprintln!("modem port: {name}");
            Ok(pty)
        }

        /// What waits.
        pub(super) fn read(&mut self) -> Vec<u8> {
            let mut bytes = vec![0; 4096];
            let count = io::read(&self.near, &mut bytes).unwrap_or(0);
            bytes.truncate(count);
            bytes
        }

        /// Writes what there is room for. A reader that does not read loses the rest, as on a line without handshake.
        pub(super) fn write(&mut self, mut bytes: &[u8]) {
            while !bytes.is_empty()
                && let Ok(count) = io::write(&self.near, bytes)
            {
                bytes = &bytes[count..];
            }
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn bytes_go_through_a_pseudo_terminal_both_ways_unchanged() {
            let mut pty = Pty::open().unwrap();
            let all: Vec<u8> = (0..=255).collect();
            pty.write(&all);
            let mut got = vec![0; 1024];
            let count = io::read(&pty._far, &mut got).unwrap();
            assert_eq!(got[..count], all);
            assert_eq!(io::write(&pty._far, &all), Ok(256));
            assert_eq!(pty.read(), all);
            assert!(pty.read().is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_appears_in_its_file_at_the_end_and_never_over_another() {
        let dir = tempfile::tempdir().unwrap();
        let (file, typed) = (dir.path().join("log"), dir.path().join("typed"));
        fs::write(&typed, b"hello").unwrap();
        let name = file.to_str().unwrap();
        let mut serial = Serial::open(Some(name), Some(&typed)).unwrap();
        assert_eq!(serial.input(), b"hello");
        assert_eq!(serial.input(), b"");
        serial.output(b"one ");
        serial.output(b"two");
        assert!(!file.exists());
        serial.finish().unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"one two");
        assert!(Serial::open(Some(name), None).is_err());
        assert!(Serial::open(None, Some(&dir.path().join("none"))).is_err());
    }
}
