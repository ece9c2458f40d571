// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0
// What is printed of the instrument's own values when a check fails.
#pragma once

#include <boost/describe/enum.hpp>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "../support/printing.hpp"
#include "audit/counts.hpp"
#include "plan/plan.hpp"
#include "statistics/bar.hpp"
#include "statistics/verdict.hpp"
#include "steps/step.hpp"
#include "trial/placement.hpp"
#include "ways/arm.hpp"

namespace trivium::bench {

BOOST_DESCRIBE_ENUM(bar_word, met, missed, not_shown)
BOOST_DESCRIBE_ENUM(call_kind, sending, receiving, waiting, other, allocating, freeing)
BOOST_DESCRIBE_ENUM(step::kind, start, send, receive, receive_some, wait_until, work, done)
BOOST_DESCRIBE_ENUM(wire, plain, tls)
BOOST_DESCRIBE_ENUM(word, faster, slower, equivalent, cannot_tell)

}  // namespace trivium::bench

BOOST_TEST_SPECIALIZED_COLLECTION_COMPARE(std::vector<int>)
