// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

// All of trivium but TLS, which requires OpenSSL (<trivium/tls/stream.hpp>). Programs without an event loop
// include only <trivium/blocking.hpp> or <trivium/nonblocking.hpp>: these do not include Asio and compile in
// half the time.

/// @namespace trivium
/// All of the library. The verbs are in trivium::blocking, trivium::nonblocking and trivium::async.
#pragma once

#include <trivium/config.hpp>

#include <trivium/async.hpp>
#include <trivium/blocking.hpp>
#include <trivium/listener.hpp>
#include <trivium/multiplexer.hpp>
#include <trivium/nonblocking.hpp>
#include <trivium/reactor.hpp>
#include <trivium/stream.hpp>
