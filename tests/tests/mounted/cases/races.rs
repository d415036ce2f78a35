//! Many clients at once over real sockets: nothing is ever spent twice.
