// SPDX-FileCopyrightText: the trivium authors
// SPDX-License-Identifier: BSL-1.0

#include <trivium/socket.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/unicast.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/test/unit_test.hpp>
#include <matrix.hpp>
#include <peer.hpp>
#include <printing.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

using namespace trivium;
using namespace trivium::test;
using namespace std::string_literals;

static_assert(!std::is_copy_constructible_v<trivium::socket>);
static_assert(std::is_nothrow_move_constructible_v<trivium::socket>);
static_assert(std::is_nothrow_move_assignable_v<trivium::socket>);

namespace {

bool open(int descriptor) {
  return ::fcntl(descriptor, F_GETFD) != -1;
}
error_code const bad_descriptor{EBADF, boost::system::system_category()};

}  // namespace

BOOST_AUTO_TEST_CASE(it_closes_what_it_owns_once) {
  auto [near, far] = local_pair();
  int const fd = near.native_handle();
  {
    auto const owner = std::move(near);
    BOOST_TEST(!near.is_open());
    BOOST_TEST(owner.native_handle() == fd);
  }
  BOOST_TEST(!open(fd));
  near.close();  // what is closed already stays so
  BOOST_TEST(!near.is_open());
}

BOOST_AUTO_TEST_CASE(assignment_closes_what_was_there) {
  auto [near, far] = local_pair();
  int const before = near.native_handle(), after = far.native_handle();
  near = std::move(far);
  BOOST_TEST(!open(before));
  BOOST_TEST(near.native_handle() == after);
  auto& itself = near;
  near = std::move(itself);
  BOOST_TEST(near.native_handle() == after);
}

BOOST_AUTO_TEST_CASE(release_gives_the_descriptor_back_open) {
  auto [near, far] = local_pair();
  int const fd = near.native_handle();
  BOOST_TEST(near.release() == fd);
  BOOST_TEST(!near.is_open());
  BOOST_TEST(open(fd));
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(a_closed_socket_answers_ebadf) {
  trivium::socket closed;
  BOOST_TEST(closed.local_endpoint().error() == bad_descriptor);
  BOOST_TEST(closed.remote_endpoint().error() == bad_descriptor);
  BOOST_TEST(closed.set_option(boost::asio::socket_base::keep_alive{true}) == bad_descriptor);
  boost::asio::socket_base::keep_alive option;
  BOOST_TEST(closed.get_option(option) == bad_descriptor);
}

BOOST_AUTO_TEST_CASE(the_ends_of_a_connection_name_each_other) {
  auto [near, far] = tcp_pair();
  BOOST_TEST(near.local_endpoint().value() == far.remote_endpoint().value());
  BOOST_TEST(near.remote_endpoint().value() == far.local_endpoint().value());
}

BOOST_AUTO_TEST_CASE(asios_options_are_set_and_read_back) {
  auto [near, far] = tcp_pair();
  for (bool const on : {false, true}) {
    BOOST_TEST(!near.set_option(boost::asio::ip::tcp::no_delay{on}));
    boost::asio::ip::tcp::no_delay read{!on};
    BOOST_TEST(!near.get_option(read));
    BOOST_TEST(read.value() == on);
  }
  BOOST_TEST(!near.set_option(boost::asio::socket_base::linger{true, 3}));
  boost::asio::socket_base::linger lingers;
  BOOST_TEST(!near.get_option(lingers));
  BOOST_TEST(lingers.timeout() == 3);
}

BOOST_AUTO_TEST_CASE(an_option_of_another_protocol_is_the_kernels_error) {
  auto [near, far] = local_pair();
  BOOST_TEST(near.set_option(boost::asio::ip::tcp::no_delay{true}).value() == EOPNOTSUPP);
}

BOOST_AUTO_TEST_CASE(listening_on_port_0_takes_a_port_that_local_endpoint_tells) {
  auto const listening = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const at = listening.local_endpoint().value();
  BOOST_TEST(at.port() != 0);
  trivium::socket near{::socket(AF_INET, SOCK_STREAM, 0)};
  BOOST_TEST(::connect(near.native_handle(), at.data(), at.size()) == 0);
}

BOOST_AUTO_TEST_CASE(options_are_set_before_it_listens) {
  namespace asio = boost::asio;
  socket_option const options[] = {{SOL_SOCKET, SO_REUSEPORT, 1}, asio::ip::tcp::no_delay{true}};
  auto first = listen(endpoint::tcp("127.0.0.1", 0).value(), {.options = options}).value();
  auto const at = first.local_endpoint().value();
  BOOST_TEST(listen(at, {.options = options}).has_value());  // a second one shares its port, and is gone
  auto const far = blocking::connect(at, {.timeout = std::chrono::minutes{1}}).value();
  asio::ip::tcp::no_delay accepted;
  auto const near = blocking::accept(first, {.timeout = std::chrono::minutes{1}});
  BOOST_TEST(!near.value().get_option(accepted));
  BOOST_TEST(accepted.value());
}

BOOST_AUTO_TEST_CASE(an_option_that_it_does_not_take_is_the_kernels_error) {
  socket_option const options[] = {{SOL_SOCKET, SO_TYPE, SOCK_DGRAM}};
  BOOST_TEST(listen(endpoint::tcp("127.0.0.1", 0).value(), {.options = options}).error() ==
             (error_code{ENOPROTOOPT, boost::system::system_category()}));
}

BOOST_AUTO_TEST_CASE(any_option_of_asios_is_a_socket_option) {
  namespace asio = boost::asio;
  auto [near, far] = tcp_pair();
  socket_option const options[] = {asio::ip::tcp::no_delay{true},
                                   asio::socket_base::linger{true, 3},
                                   asio::ip::unicast::hops{7},
                                   {SOL_SOCKET, SO_KEEPALIVE, 1}};
  for (auto const& option : options) BOOST_TEST(!near.set_option(option));
  asio::socket_base::linger lingers;
  BOOST_TEST(!near.get_option(lingers));
  BOOST_TEST(lingers.timeout() == 3);
  asio::ip::unicast::hops hops;
  BOOST_TEST(!near.get_option(hops));
  BOOST_TEST(hops.value() == 7);
  std::string const long_value(65, 'x');
  BOOST_CHECK_THROW((socket_option{SOL_SOCKET, SO_BINDTODEVICE, long_value}), std::length_error);
}

BOOST_AUTO_TEST_CASE(an_address_in_use_is_the_kernels_error) {
  auto const first = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const second = listen(first.local_endpoint().value());
  BOOST_TEST(second.error() == (error_code{EADDRINUSE, boost::system::system_category()}));
}

// Said by listen, and not left to the system's bindv6only.
BOOST_AUTO_TEST_CASE(an_ipv6_address_hears_ipv4_unless_told_otherwise) {
  auto const at = endpoint::tcp("::", 0).value();
  auto const is_alone = [](result<trivium::socket> const& listening) {
    boost::asio::ip::v6_only only;
    BOOST_TEST(!listening->get_option(only));
    return only.value();
  };
  auto const dual = listen(at);
  if (!dual) {
    BOOST_TEST(dual.error().value() == EAFNOSUPPORT);
    BOOST_TEST_MESSAGE("no IPv6 here");
    return;
  }
  BOOST_TEST(!is_alone(dual));
  BOOST_TEST(!is_alone(listen(at, {.backlog = 1})));
  BOOST_TEST(is_alone(listen(at, {.stack = ip_stack::v6_only})));
}

// Our end closes first, so its port stays in TIME_WAIT.
BOOST_AUTO_TEST_CASE(an_address_may_be_taken_again_at_once) {
  auto first = listen(endpoint::tcp("127.0.0.1", 0).value()).value();
  auto const at = first.local_endpoint().value();
  auto far = blocking::connect(at).value();
  auto near = blocking::accept(first).value();
  near.close();
  std::array<std::byte, 1> byte{};
  BOOST_TEST(blocking::receive_some(far, byte).error == errc::end_of_file);
  far.close();
  first.close();
  BOOST_TEST(listen(at).has_value());
}

BOOST_AUTO_TEST_CASE(an_abstract_unix_name_listens) {
  auto const name = endpoint::local("\0trivium socket_test "s + std::to_string(::getpid())).value();
  auto listening = listen(name).value();
  auto near = blocking::connect(name);
  BOOST_TEST(near.has_value());
  BOOST_TEST(listening.local_endpoint().value() == name);
}

// One sends while the other receives, in ways of their own. (For the thread sanitizer as well.)
BOOST_AUTO_TEST_CASE(send_and_receive_from_two_threads) {
  constexpr std::size_t bytes = std::size_t{2} << 20;
  auto const both_ways = []<class Sends, class Receives>(Sends, Receives) {
    auto [near, far] = tcp_pair(64 * 1024);
    boost::asio::io_context io;
    stream connection{std::move(near), io.get_executor()};
    auto const data = pattern(bytes);
    writing_peer writes{far, data};
    std::vector<std::byte> into(bytes);
    transfer_result sent, received;
    {
      reading_peer reads{far};
      std::thread sender{[&] {
        sent = Sends::send_all(connection, data);
        ::shutdown(connection.native_handle(), SHUT_WR);
      }};
      received = Receives::receive_all(connection, into);
      sender.join();
      BOOST_TEST(same(reads.seen(), data));
    }
    BOOST_TEST(no_error(sent));
    BOOST_TEST(no_error(received));
    BOOST_TEST(same(into, data));
  };
  using blocks = verbs<blocking_way>;
  using retries = verbs<nonblocking_way>;
  using calls_back = verbs<async_way>;
  both_ways(blocks{}, blocks{});
  both_ways(blocks{}, retries{});
  both_ways(retries{}, blocks{});
  both_ways(blocks{}, calls_back{});
  both_ways(calls_back{}, blocks{});
}
