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
  transfer_result send_some(sent_pieces from, limits const& within) override {
    return one_or_several(from, [&](auto const& what) { return verb::send_some(ends_.near, what, within); });
  }
  transfer_result send_all(sent_pieces from, limits const& within) override {
    return one_or_several(from, [&](auto const& what) { return verb::send_all(ends_.near, what, within); });
  }
  transfer_result send(any_source source, limits const& within) override {
    return Way::send(ends_.near, source, Way::armed(within));
  }
  transfer_result send_file(file_source from, limits const& within) override {
    return Way::send_file(ends_.near, std::move(from), Way::armed(within));
  }
  transfer_result receive_some(received_pieces into, limits const& within) override {
    return one_or_several(into, [&](auto& what) { return verb::receive_some(ends_.near, what, within); });
  }
  transfer_result receive_all(received_pieces into, limits const& within) override {
    return one_or_several(into, [&](auto& what) { return verb::receive_all(ends_.near, what, within); });
  }
  transfer_result receive(any_sink sink, limits const& within) override {
    return Way::receive(ends_.near, sink, Way::armed(within));
  }
  transfer_result receive_file(file_sink into, limits const& within) override {
    return Way::receive_file(ends_.near, std::move(into), Way::armed(within));
  }
  transfer_result finish(limits const& within) override { return verb::finish(ends_.near, within); }
  transfer_result receive_all_blocking(boost::asio::mutable_buffer into) override {
    return blocking::receive_all(ends_.near, into);
  }
  socket& far() override { return ends_.far; }

 private:
  using verb = verbs<Way>;

  // One piece is for the verbs a buffer, as mostly in a program.
  static transfer_result one_or_several(auto pieces, auto move) {
    return pieces.size() == 1 ? move(pieces.front()) : move(pieces);
  }

  loopback<Transport> ends_;
};

template <class Way>
constexpr auto sets_of = [] {
  if constexpr (requires { Way::sets; })
    return Way::sets;
  else
    return detail::use_of_sets::adaptive;
}();

template <class Way, class Transport>
constexpr way_over row{Way::name, Transport::name, std::derived_from<typename Transport::connection, channel>,
                       sets_of<Way>, [](int buffer_bytes) -> std::unique_ptr<near_end> {
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
    // Asio's sockets are waited for by Asio.
    add<async_in_set_way>(result, std::tuple_cat(std::tuple<tcp, local>{}, over_tls{}));
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
  void setup() { detail::sets_are_used = chosen().sets; }
};
BOOST_TEST_GLOBAL_FIXTURE(choice);

}  // namespace

way_over const& chosen() {
  static auto const& found = named_by_the_command_line();
  return found;
}

}  // namespace trivium::test
