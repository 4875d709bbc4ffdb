//! Keys as a terminal tells them, as the dashboard knows them.

use ratatui::crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::dashboard::keys::Key;

/// The key that was pressed, if one was.
pub(super) fn key(event: &Event) -> Option<Key> {
    let Event::Key(event) = event else {
        return None;
    };
    if event.kind == KeyEventKind::Release {
        return None;
    }
    Some(match event.code {
        KeyCode::Char(c) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            Key::Ctrl(c.to_ascii_lowercase())
        }
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Esc => Key::Escape,
        KeyCode::Enter => Key::Enter,
        _ => Key::Other,
    })
}

#[cfg(test)]
mod tests {
    use ratatui::crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn a_letter_with_ctrl_is_another_key() {
        let pressed = |code, modifiers| key(&Event::Key(KeyEvent::new(code, modifiers)));
        let c = KeyCode::Char('c');
        assert_eq!(pressed(c, KeyModifiers::NONE), Some(Key::Char('c')));
        assert_eq!(pressed(c, KeyModifiers::CONTROL), Some(Key::Ctrl('c')));
        let shifted = pressed(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(shifted, Some(Key::Char('G')));
        assert_eq!(pressed(KeyCode::F(1), KeyModifiers::NONE), Some(Key::Other));
        assert_eq!(key(&Event::Resize(1, 1)), None);
    }
}
