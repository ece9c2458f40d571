// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include "chosen.hpp"

#include <concepts>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "transports.hpp"
#ifdef TRIVIUM_TLS
#include "tls_transport.hpp"
#endif

namespace trivium::test {
namespace {

template <class Way, class Transport>
class end_over final : public near_end {
 public:
  explicit end_over(int buffer_bytes) : ends_{buffer_bytes} {}

  int native_handle() override { return static_cast<int>(ends_.near.native_handle()); }
  void close() override { ends_.near.close(); }
  transfer_result complete(memory_source from, limits const& within) override {
    return Way::move(ends_.near, std::move(from), Way::armed(within));
  }
  transfer_result complete(memory_sink into, limits const& within) override {
    return Way::move(ends_.near, std::move(into), Way::armed(within));
  }
  transfer_result finish(limits const& within) override {
    return Way::complete(ends_.near, finishing{ends_.near, Way::armed(within)});
  }
  transfer_result complete_blocking(memory_sink into) override {
    return blocking_way::move(ends_.near, std::move(into), {});
  }
  socket& far() override { return ends_.far; }

 private:
  loopback<Transport> ends_;
};

template <class Way, class Transport>
constexpr way_over row{Way::name, Transport::name, std::derived_from<typename Transport::connection, channel>,
                       [](int buffer_bytes) -> std::unique_ptr<near_end> {
                         return std::make_unique<end_over<Way, Transport>>(buffer_bytes);
                       }};

template <class Way, class... Transport>
void add(std::vector<way_over>& rows, std::tuple<Transport...>) {
  (rows.push_back(row<Way, Transport>), ...);
}

#ifdef TRIVIUM_TLS
using over_tls = std::tuple<tls>;
#else
using over_tls = std::tuple<>;
#endif

std::vector<way_over> const& all() {
  static auto const rows = [] {
    auto const everywhere = std::tuple_cat(transports{}, over_tls{});
    std::vector<way_over> result;
    add<blocking_way>(result, everywhere);
    // How blocking waits where something could end the wait: the same for Asio's sockets.
    add<limited_blocking_way>(result, std::tuple_cat(std::tuple<tcp, local>{}, over_tls{}));
    add<nonblocking_way>(result, everywhere);
    add<async_way>(result, everywhere);
    return result;
  }();
  return rows;
}

way_over const& named_by_the_command_line() {
  auto const& program = boost::unit_test::framework::master_test_suite();
  if (program.argc == 3)
    for (auto const& each : all())
      if (each.way == program.argv[1] && each.transport == program.argv[2]) return each;
  std::string message = "which way over which transport? After `--` must follow one of";
  for (auto const& each : all()) message.append("\n  ").append(each.way).append(" ").append(each.transport);
  throw std::invalid_argument{message};
}

// Asked for before the first case, and not in each.
struct choice {
  void setup() { static_cast<void>(chosen()); }
};
BOOST_TEST_GLOBAL_FIXTURE(choice);

}  // namespace

way_over const& chosen() {
  static auto const& found = named_by_the_command_line();
  return found;
}

}  // namespace trivium::test
