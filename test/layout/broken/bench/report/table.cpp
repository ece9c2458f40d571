// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

bool by_trip(metric const& primary) { return primary.name == "p50"; }
bool by_hand(arm const& one) { return one.name.starts_with("posix."); }
bool polls(arm const& one) { return one.name.ends_with(".poll"); }
bool other(scenario const& what) { return "bulk" != what.name; }
bool none(arm const& one) { return one.sentence == "waits in poll"; }
