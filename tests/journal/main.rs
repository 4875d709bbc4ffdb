//! Journals of made-up runs: judged again they come to the same, and whatever is done to the file, nothing is made up.

mod damage;
mod playback;
mod same;
mod story;
