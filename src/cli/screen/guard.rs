//! The terminal while the dashboard has it. Whatever ends the dashboard, a panic too, gives it back as it was, once.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::held;

/// Whether the dashboard has the terminal. Locked while anything is written to it, so that no half of a frame follows what gives it back.
static UP: Mutex<bool> = Mutex::new(false);

fn up() -> MutexGuard<'static, bool> {
    // A panic while it was locked leaves nothing half done that matters here.
    UP.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Gives it back, with what was said meanwhile, if that has not been done. Errors are for nobody: there may be no terminal any more.
pub(super) fn leave() {
    let mut up = up();
    if std::mem::replace(&mut *up, false) {
        execute!(io::stdout(), Show, LeaveAlternateScreen).ok();
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
        let up = up();
        let frame = std::mem::take(&mut self.frame);
        if *up && !frame.is_empty() {
            let mut out = io::stdout().lock();
            out.write_all(&frame)?;
            out.flush()?;
        }
        Ok(())
    }
}
