//! A terminal that is not ours: tmux, in which a command is run, keys are pressed and the screen is read.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(30);

/// A terminal with a shell that has run one command, or runs it.
pub(crate) struct Tmux {
    socket: String,
    folder: PathBuf,
}

impl Tmux {
    /// Runs `pushproof` with these arguments, as a person at a terminal of this size.
    pub(crate) fn start((width, height): (u16, u16), arguments: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = format!("pushproof-test-{}-{n}", std::process::id());
        let folder = std::env::temp_dir().join(&socket);
        std::fs::create_dir_all(&folder).expect("a folder");
        let tmux = Self { socket, folder };
        let script = format!(
            "stty -a > before; sh -c 'echo $$ > pid; exec {} {arguments}'; code=$?; stty -a > after; echo exit code $code; exec cat\n",
            env!("CARGO_BIN_EXE_pushproof"),
        );
        std::fs::write(tmux.folder.join("script"), script).expect("a script");
        let (width, height) = (width.to_string(), height.to_string());
        let folder = tmux.folder.to_str().expect("a path").to_owned();
        let flags = [
            "-f",
            "/dev/null",
            "new-session",
            "-d",
            "-x",
            &width,
            "-y",
            &height,
        ];
        let mut all = flags.to_vec();
        all.extend(["-c", &folder, "env LC_ALL=C.UTF-8 sh script"]);
        tmux.tell(&all);
        tmux
    }

    fn told(&self, arguments: &[&str]) -> Output {
        Command::new("tmux")
            .args(["-L", &self.socket])
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .expect("tmux is there: run ci/install-peers")
    }

    fn tell(&self, arguments: &[&str]) {
        let output = self.told(arguments);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {words}");
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        let output = self.told(&["capture-pane", "-p"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Presses keys, by the names that tmux has for them.
    pub(crate) fn press(&self, keys: &[&str]) {
        let mut all = vec!["send-keys"];
        all.extend(keys);
        self.tell(&all);
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&self, (width, height): (u16, u16)) {
        let (width, height) = (width.to_string(), height.to_string());
        self.tell(&["resize-window", "-x", &width, "-y", &height]);
    }

    /// Waits until the screen is as it should be, and gives it.
    pub(crate) fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "never {what}:\n{screen}");
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until this stands on the screen.
    pub(crate) fn until_it_says(&self, words: &str) -> String {
        self.until(words, |screen| screen.contains(words))
    }

    /// Sends a signal to the command.
    pub(crate) fn signal(&self, name: &str) {
        let pid = std::fs::read_to_string(self.folder.join("pid")).expect("it has begun");
        let sent = Command::new("kill").args(["-s", name, pid.trim()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} is sent");
    }

    /// What is in a file that the command has written.
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).expect("it has been written")
    }

    /// Takes the terminal away, and waits until the command has ended.
    pub(crate) fn hang_up(&self) {
        let pid = read(&self.folder.join("pid"));
        self.told(&["kill-server"]);
        let stat = PathBuf::from(format!("/proc/{}/stat", pid.trim()));
        // One that has ended and that nobody has asked for yet has ended.
        let lives = || std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z "));
        let begun = Instant::now();
        while lives() {
            assert!(begun.elapsed() < PATIENCE, "it goes on without a terminal");
            std::thread::sleep(LOOK);
        }
    }

    /// Waits until the command has ended, makes sure that the terminal is as it was, and gives the exit code with the screen.
    pub(crate) fn ended(&self) -> (u8, String) {
        let screen = self.until_it_says("exit code ");
        let (_, code) = screen.rsplit_once("exit code ").expect("it says so");
        let code = code.split_whitespace().next().expect("a number");
        let code = code.parse().expect("a number");
        let modes = self.told(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        let modes = String::from_utf8_lossy(&modes.stdout).into_owned();
        assert_eq!(modes.trim(), "0 1", "the screen or the cursor is not back");
        let [before, after] = ["before", "after"].map(|name| read(&self.folder.join(name)));
        assert_eq!(before, after, "stty");
        (code, screen)
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("stty has told")
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.told(&["kill-server"]);
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
