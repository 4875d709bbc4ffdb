//! The terminal while the dashboard has it. Whatever ends the dashboard, a panic too, gives it back as it was, once.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError};
use std::time::Duration;

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::held;

/// Whether the dashboard has the terminal. Locked while anything is written to it, so that no half of a frame follows what gives it back.
static UP: Mutex<bool> = Mutex::new(false);
/// Somebody wanted to give it back, and could not wait for a frame that it did not take.
static WANTED_BACK: AtomicBool = AtomicBool::new(false);

/// How long a terminal may take for a frame before it is given up.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks whether it is done.
const LOOK: Duration = Duration::from_millis(10);

fn up() -> MutexGuard<'static, bool> {
    // A panic while it was locked leaves nothing half done that matters here.
    UP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same, if it can be had in time: whoever writes may be stuck, or be the thread that asks, in the middle of a panic.
fn within(patience: Duration) -> Option<MutexGuard<'static, bool>> {
    let mut waited = Duration::ZERO;
    loop {
        match UP.try_lock() {
            Ok(up) => return Some(up),
            Err(TryLockError::Poisoned(up)) => return Some(up.into_inner()),
            Err(TryLockError::WouldBlock) if waited >= patience => return None,
            Err(TryLockError::WouldBlock) => {}
        }
        std::thread::sleep(LOOK);
        waited += LOOK;
    }
}

/// Takes the terminal: keys come one by one, and there is an empty screen beside what stood there.
pub(super) fn enter() -> io::Result<()> {
    give_back_on_panic();
    let mut up = up();
    enable_raw_mode()?;
    if let Err(error) = execute!(io::stdout(), EnterAlternateScreen, Hide) {
        disable_raw_mode().ok();
        return Err(error);
    }
    held::begin();
    *up = true;
    Ok(())
}

/// Gives it back, with what was said meanwhile, if that has not been done. Errors are for nobody: there may be no terminal any more. One that
/// has not taken a frame for all this time takes nothing else either, and nobody waits for it.
pub(super) fn leave() {
    match within(PATIENCE) {
        Some(mut up) => give_back(&mut up, &mut io::stdout()),
        // Then it is given back by whoever has it, before anybody else writes to it.
        None => WANTED_BACK.store(true, Ordering::Relaxed),
    }
}

fn give_back(up: &mut bool, out: &mut impl Write) {
    if std::mem::replace(up, false) {
        execute!(out, Show, LeaveAlternateScreen).ok();
        disable_raw_mode().ok();
        held::end();
    }
}

/// Whether the dashboard still has it.
pub(super) fn is_up() -> bool {
    *up()
}

/// Has every panic, wherever it is, give the terminal back before it is told of.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let told = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            leave();
            told(panic);
        }));
    });
}

/// Standard output, a frame at a time.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frame: Vec<u8>,
}

impl Write for Frames {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut up = up();
        let frame = std::mem::take(&mut self.frame);
        if !*up || frame.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&frame).and_then(|()| out.flush());
        if WANTED_BACK.load(Ordering::Relaxed) {
            give_back(&mut up, &mut out);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::io::Read as _;
    use std::process::Command;

    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    use rustix::termios::{LocalModes, tcgetattr};

    use super::*;

    /// What is told of a panic that is meant.
    const MEANT: &str = "a panic that is meant";

    /// Another process than the tests', which have one panic hook and one terminal between them.
    #[test]
    #[ignore = "the next test runs it, on a terminal of its own"]
    fn a_dashboard_that_panics() {
        if std::env::var_os("PUSHPROOF_TEST_ON_A_TERMINAL").is_some() {
            enter().unwrap();
            let mut frames = Frames::default();
            frames.write_all(b"a frame").unwrap();
            frames.flush().unwrap();
            panic!("{MEANT}");
        }
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_told_of() {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let mut terminal = OpenOptions::new();
        terminal.read(true).write(true);
        let terminal = terminal.open(name.to_str().unwrap()).unwrap();
        let end = || terminal.try_clone().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("cli::screen::guard::tests::a_dashboard_that_panics")
            .env("PUSHPROOF_TEST_ON_A_TERMINAL", "1")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        assert!(!child.wait().unwrap().success());
        let modes = tcgetattr(&terminal).unwrap().local_modes;
        let cooked = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        assert!(modes.contains(cooked), "{modes:?}");
        drop(terminal);
        let mut shown = Vec::new();
        // The end of a terminal is told as an error.
        File::from(master).read_to_end(&mut shown).ok();
        let shown = String::from_utf8_lossy(&shown);
        let (before, after) = shown.split_once("\u{1b}[?1049l").unwrap();
        assert!(before.contains("\u{1b}[?1049h"), "{shown}");
        assert!(
            before.contains("a frame") && !before.contains(MEANT),
            "{shown}"
        );
        assert!(after.contains(MEANT), "{shown}");
        assert_eq!(shown.matches("\u{1b}[?1049l").count(), 1, "{shown}");
    }
}
