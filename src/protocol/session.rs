//! The client's session as a sans-IO state machine.
